"""What is no chest film, or no whole one, is refused by a code and in words before anything is on record."""

import struct
import time
from typing import Any

import numpy as np
import pytest

from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.dicom.elements import MAX_DEPTH, MAX_ELEMENTS
from diagnosis.imaging.dicom.kinds import DX, SECONDARY
from diagnosis.imaging.refusal import Refusal
from tests.diagnosis.imaging.dicom.conftest import header_of, refusal_of
from tests.dicom_films import chest, make_film

STORAGE = "1.2.840.10008.5.1.4.1.1."


@pytest.mark.parametrize(
    ("sop_class", "code", "word"),
    [
        ("1.2.840.10008.1.3.10", "dicomdir", "DICOMDIR"),
        (STORAGE + "104.1", "no_film", "PDF"),
        (STORAGE + "88.11", "no_film", "report"),
        (STORAGE + "88.59", "no_film", "key object"),
        (STORAGE + "11.1", "no_film", "presentation state"),
        (STORAGE + "66.4", "no_film", "segmentation"),
        (STORAGE + "2", "other_modality", "CT"),
        (STORAGE + "4", "other_modality", "MR"),
        (STORAGE + "1.2", "other_modality", "mammogram"),
        (STORAGE + "1.1.1", "for_processing", "raw detector"),
        ("1.2.3.4", "other_modality", "1.2.3.4"),
    ],
)
def test_case_13_what_comes_in_the_parcel_and_is_no_film_is_named(
    sop_class: str, code: str, word: str
) -> None:
    refusal = refusal_of(sop_class=sop_class)
    assert refusal.code == code
    assert word in refusal.message
    assert refusal.advice


@pytest.mark.parametrize(
    ("tags", "code", "word"),
    [
        ({"PresentationIntentType": "FOR PROCESSING", "sop_class": DX}, "for_processing", "raw"),
        ({"Modality": "CT", "sop_class": SECONDARY}, "other_modality", "CT"),
        ({"NumberOfFrames": "2"}, "multi_frame", "2 frames"),
        ({"BodyPartExamined": "KNEE"}, "other_body_part", "KNEE"),
        ({"BodyPartExamined": "EXTREMITY"}, "other_body_part", "EXTREMITY"),
        ({"BodyPartExamined": "C-SPINE"}, "other_body_part", "SPINE"),
        ({"StudyInstanceUID": None}, "no_identifiers", "UID"),
        ({"PixelData": None}, "no_pixels", "no picture"),
        ({"Rows": None}, "damaged", "rows"),
        ({"PhotometricInterpretation": "YBR_PARTIAL_422"}, "pixel_kind", "YBR_PARTIAL_422"),
        ({"BitsStored": 17}, "pixel_kind", "17 bits"),
    ],
)
def test_films_that_cannot_be_used_are_refused_in_words(tags: dict[str, Any], code: str, word: str) -> None:
    refusal = refusal_of(**tags)
    assert refusal.code == code
    assert word in refusal.message


def test_the_region_names_another_part_where_the_body_part_is_missing() -> None:
    from pydicom.dataset import Dataset

    region = Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "72696002", "SCT", "Knee"
    assert refusal_of(BodyPartExamined=None, AnatomicRegionSequence=[region]).code == "other_body_part"
    region.CodeValue, region.CodeMeaning = "51185008", "Chest"
    assert header_of(BodyPartExamined=None, AnatomicRegionSequence=[region]).width == 512


def test_an_encrypted_header_is_refused() -> None:
    from pydicom.dataset import Dataset

    sealed = Dataset()
    sealed.EncryptedContentTransferSyntaxUID, sealed.EncryptedContent = syntaxes.EXPLICIT, b"\1" * 64
    assert refusal_of(EncryptedAttributesSequence=[sealed]).code == "encrypted"


def test_floating_point_pixels_are_refused() -> None:
    refusal = refusal_of(PixelData=None, FloatPixelData=np.zeros((512, 512), np.float32).tobytes())
    assert refusal.code == "pixel_kind"


@pytest.mark.parametrize("cut", [1, 1000, 300_000])
def test_case_8_a_film_that_is_cut_off_is_refused_before_it_is_on_record(cut: int) -> None:
    assert refusal_of(make_film()[:-cut]).code == "truncated"


@pytest.mark.parametrize("syntax", [syntaxes.DEFLATED, syntaxes.J2K, syntaxes.RLE, syntaxes.LOSSLESS])
def test_case_8_so_is_a_compressed_one(syntax: str) -> None:
    content = make_film(transfer_syntax=syntax)
    assert refusal_of(content[: len(content) // 2]).code in ("truncated", "damaged")


def test_case_8_pixels_that_are_fewer_than_rows_and_columns_need_are_refused() -> None:
    refusal = refusal_of(Rows=600)
    assert refusal.code == "truncated"
    assert "614,400 bytes" in refusal.message
    assert "524,288" in refusal.message
    assert refusal_of(Rows=256).code == "damaged"


def test_a_stream_of_another_size_than_the_header_says_is_refused() -> None:
    content = make_film(transfer_syntax=syntaxes.J2K)
    rows = struct.pack("<HHccHH", 0x28, 0x10, b"U", b"S", 2, 512)
    refusal = refusal_of(content.replace(rows, rows[:-2] + struct.pack("<H", 2048)))
    assert refusal.code == "damaged"
    assert "512 × 2048" in refusal.message


def test_compressed_pieces_that_are_missing_are_refused() -> None:
    content = make_film(transfer_syntax=syntaxes.J2K)
    begin = content.index(b"\xfe\xff\x00\xe0\4\0\0\0") + 12  # after the table of offsets
    assert refusal_of(content[:begin] + content[-8:]).code == "no_pixels"


def test_case_15_an_unknown_transfer_syntax_is_refused_by_its_name() -> None:
    content = make_film()
    video = b"1.2.840.10008.1.2.4.100"
    named = content.replace(
        b"UI\x14\0" + syntaxes.EXPLICIT.encode() + b"\0", b"UI" + struct.pack("<H", 24) + video + b"\0"
    )
    refusal = refusal_of(named)
    assert refusal.code == "transfer_syntax"
    assert "MPEG2" in refusal.message
    assert video.decode() in refusal.message


def element(tag: tuple[int, int], kind: bytes, value: bytes, *, length: int | None = None) -> bytes:
    return struct.pack("<HH2sHI", *tag, kind, 0, len(value) if length is None else length) + value


def hostile(middle: bytes) -> bytes:
    """A film with elements put in before its patient."""
    content = make_film()
    place = content.index(struct.pack("<HH2s", 0x10, 0x10, b"PN"))
    return content[:place] + middle + content[place:]


def test_sequences_deep_in_each_other_are_not_followed_without_end() -> None:
    nested = b""
    for _ in range(5000):
        nested += element((0x9, 0x1010), b"SQ", b"", length=0xFFFFFFFF) + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    refusal = refusal_of(hostile(nested))
    assert refusal.code == "too_complex"
    assert str(MAX_DEPTH) in refusal.message


def test_elements_without_number_are_not_read_without_end() -> None:
    many = b"".join(element((0x9, 0x1010), b"UN", b"") for _ in range(MAX_ELEMENTS + 1))
    began = time.process_time()
    assert refusal_of(hostile(many)).code == "too_complex"
    assert time.process_time() - began < 5


def test_a_private_value_is_passed_over_whatever_its_size() -> None:
    import tracemalloc

    content = hostile(element((0x9, 0x1010), b"OB", b"\1" * 30_000_000))
    tracemalloc.start()
    try:
        import io

        stream = io.BytesIO(content)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        from diagnosis.imaging.header import inspect

        assert inspect(stream).width == 512
        assert tracemalloc.get_traced_memory()[1] - before < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_length_that_reaches_beyond_the_file_is_a_file_cut_off() -> None:
    assert refusal_of(hostile(element((0x9, 0x1010), b"OB", b"\1", length=0x7FFFFFFF))).code == "truncated"


def test_whatever_bytes_come_the_answer_is_a_film_or_a_refusal() -> None:
    import io

    from diagnosis.imaging.header import inspect
    from diagnosis.imaging.refusal import FilmRefused

    content = bytearray(make_film(chest(side=64), bits=12))
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(1500):
        broken = bytearray(content)
        for place in random.integers(132, 900, random.integers(1, 9)):
            broken[place] = random.integers(256)
        try:
            inspect(io.BytesIO(bytes(broken[: random.integers(200, len(broken))])))
        except FilmRefused:
            refused += 1
    assert refused > 1000


def test_a_palette_in_segments_is_refused_by_that_word() -> None:
    tags: dict[str, Any] = {}
    for colour in ("Red", "Green", "Blue"):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tags[f"Segmented{colour}PaletteColorLookupTableData"] = bytes(6)
    pixels = np.zeros((64, 64), np.uint8)
    refusal = refusal_of(pixels=pixels, photometric="PALETTE COLOR", sop_class=SECONDARY, **tags)
    assert (refusal.code, "segmented" in refusal.message) == (Refusal.PIXEL_KIND, True)
