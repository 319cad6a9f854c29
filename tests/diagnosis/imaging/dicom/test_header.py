"""What a DICOM header says, in whatever state it is."""

from datetime import date, datetime

import numpy as np
import pytest

from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.dicom.kinds import CR, DX, SECONDARY
from tests.diagnosis.imaging.dicom.conftest import header_of
from tests.dicom_films import chest, make_film, uid

GREY_WORD = SECONDARY + ".3"


def test_a_header_says_whose_film_it_is_and_which() -> None:
    header = header_of(patient="P-7", name="Lovelace^Ada^King^Dr.^MD", study_uid=uid("s"), sop_uid=uid("i"))
    facts = header.facts
    assert (header.media_type, header.extension, header.width, header.height) == (
        "application/dicom", "dcm", 512, 512,
    )  # fmt: skip
    assert (facts.patient_number, facts.last_name, facts.first_name) == ("P-7", "Lovelace", "Ada King")
    assert facts.full_name == "Lovelace^Ada^King^Dr.^MD"
    assert facts.more["titles"] == "Dr. MD"
    assert (facts.study_instance_uid, facts.sop_instance_uid, facts.sop_class) == (uid("s"), uid("i"), CR)
    assert (facts.birth_date, facts.birth_year, facts.sex) == (date(1970, 3, 4), 1970, "female")
    assert facts.taken_at == datetime(2026, 1, 2, 10, 15)
    assert (facts.projection, facts.body_part, facts.accession_number) == ("PA", "CHEST", "A-1")
    assert not facts.unreadable


@pytest.mark.parametrize("syntax", [syntaxes.IMPLICIT, syntaxes.EXPLICIT])
@pytest.mark.parametrize(("preamble", "meta"), [(True, True), (False, True), (False, False)])
def test_preamble_and_meta_header_may_be_missing(syntax: str, preamble: bool, meta: bool) -> None:
    header = header_of(transfer_syntax=syntax, preamble=preamble, meta=meta)
    assert (header.facts.patient_number, header.pixels.syntax) == ("P-1", syntax)


@pytest.mark.parametrize(
    "wrong", [syntaxes.IMPLICIT, syntaxes.BIG_ENDIAN, syntaxes.DEFLATED, syntaxes.BASELINE]
)
def test_a_film_with_the_wrong_transfer_syntax_is_read_by_its_own_look(wrong: str) -> None:
    content = make_film()
    right = syntaxes.EXPLICIT.encode()
    named = content.replace(
        b"UI\x14\0" + right + b"\0", b"UI" + len(wrong + "\0").to_bytes(2, "little") + wrong.encode() + b"\0"
    )
    if len(wrong) % 2 == 0:
        named = content.replace(
            b"UI\x14\0" + right + b"\0", b"UI" + len(wrong).to_bytes(2, "little") + wrong.encode()
        )
    assert named != content
    header = header_of(named)
    assert header.facts.patient_number == "P-1"
    assert header.facts.transfer_syntax == wrong


@pytest.mark.parametrize("sop_class", [CR, DX, SECONDARY, GREY_WORD])
def test_films_of_each_kind_are_taken_one_frame_of_several_kinds_too(sop_class: str) -> None:
    frames = "1" if sop_class == GREY_WORD else None
    assert header_of(sop_class=sop_class, NumberOfFrames=frames).facts.sop_class == sop_class


def test_a_film_with_no_body_part_and_no_view_is_left_to_the_networks_gate() -> None:
    facts = header_of(BodyPartExamined=None, ViewPosition="LL").facts
    assert (facts.body_part, facts.projection, facts.more["view_position"]) == ("", "", "LL")


@pytest.mark.parametrize(
    "word",
    [
        "CHEST",
        "Thorax",
        "TORAX",
        "LUNG",
        "RIBS",
        "Tórax PA",
        "Chest/Abdomen",
        "UNKNOWN",
        "",
        "KLATKA PIERSIOWA",
    ],
)
def test_words_for_the_chest_and_words_for_nothing_pass(word: str) -> None:
    assert header_of(BodyPartExamined=word).width == 512


@pytest.mark.parametrize(
    ("term", "raw", "name"),
    [
        ("ISO_IR 100", "Müller^Jürgen".encode("latin-1"), "Müller"),
        ("ISO_IR 192", "Müller^Jürgen".encode(), "Müller"),
        ("ISO IR 192", "Müller^Jürgen".encode(), "Müller"),
        ("ISO_IR 144", "Иванова^Анна".encode("iso8859-5"), "Иванова"),
        ("GB18030", "王^小东".encode("gb18030"), "王"),
        (r"\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "Hong"),
        (r"ISO 2022 IR 6\ISO 2022 IR 149", b"=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "洪"),
        (r"\ISO 2022 IR 87", b"=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "山田"),
        (r"ISO 2022 IR 13\ISO 2022 IR 87", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ"),
    ],
)
def test_names_are_decoded_by_the_headers_character_set(term: str, raw: bytes, name: str) -> None:
    facts = header_of(name=raw, SpecificCharacterSet=term.split("\\")).facts
    assert facts.last_name == name
    assert not facts.unreadable
    assert not facts.assumed


def test_case_9_without_a_character_set_umlauts_stay_raw_and_never_become_replacements() -> None:
    content = raw_name("Müller^Hans".encode("latin-1"))
    facts = header_of(content).facts
    assert facts.last_name == ""
    assert facts.unreadable["PatientName"] == "M\\xfcller^Hans"
    assert "\ufffd" not in repr(facts)


def test_case_9_the_fallback_of_the_sender_decodes_them_and_it_is_told() -> None:
    content = raw_name("Müller^Hans".encode("latin-1"))
    facts = header_of(content, character_set="ISO_IR 100").facts
    assert (facts.last_name, facts.assumed, facts.character_set) == ("Müller", True, "ISO_IR 100")
    plain = header_of(SpecificCharacterSet=None, character_set="ISO_IR 100").facts
    assert (plain.last_name, plain.assumed) == ("Phantom", False)


def test_text_that_does_not_fit_its_own_character_set_stays_raw() -> None:
    facts = header_of(name="Müller".encode("latin-1"), SpecificCharacterSet="ISO_IR 192").facts
    assert (facts.last_name, facts.unreadable["PatientName"]) == ("", "M\\xfcller")
    facts = header_of(SpecificCharacterSet="ISO_IR 999").facts
    assert facts.unreadable["SpecificCharacterSet"] == "ISO_IR 999"


def raw_name(raw: bytes) -> bytes:
    """A film without character set whose name is these bytes."""
    return make_film(name="x" * len(raw), SpecificCharacterSet=None).replace(b"x" * len(raw), raw)


@pytest.mark.parametrize(
    ("raw", "day", "year"),
    [
        ("19700304", date(1970, 3, 4), 1970),
        ("1970.03.04", date(1970, 3, 4), 1970),
        ("19600000", None, 1960),
        ("00/00/0000", None, None),
        ("04.03.1970", None, 1970),
        ("1970", None, 1970),
        ("19701345", None, 1970),
        ("unknown", None, None),
        ("00000000", None, None),
    ],
)
def test_case_14_a_date_that_is_none_keeps_its_year_and_what_it_was(
    raw: str, day: date | None, year: int | None
) -> None:
    content = make_film(PatientBirthDate="ABCDEFGH" + "ZZ" * (len(raw) > 8))
    marker = b"ABCDEFGH" + b"ZZ" * (len(raw) > 8)
    facts = header_of(content.replace(marker, raw.encode().ljust(len(marker)))).facts
    assert (facts.birth_date, facts.birth_year) == (day, year)
    assert facts.unreadable.get("PatientBirthDate") == (None if day else raw)


@pytest.mark.parametrize(
    ("tags", "spacing", "at_detector"),
    [
        ({"PixelSpacing": [0.2, 0.2]}, (0.2, 0.2), False),
        ({"ImagerPixelSpacing": [0.14, 0.14]}, (0.14, 0.14), True),
        ({"PixelSpacing": [0.13, 0.13], "ImagerPixelSpacing": [0.14, 0.14]}, (0.13, 0.13), False),
        ({"PixelSpacing": [0.14, 0.14], "ImagerPixelSpacing": [0.14, 0.14]}, (0.14, 0.14), True),
        ({}, None, False),
    ],
)
def test_spacing_in_the_body_is_told_from_that_at_the_detector(
    tags: dict[str, object], spacing: tuple[float, float] | None, at_detector: bool
) -> None:
    facts = header_of(**tags, EstimatedRadiographicMagnificationFactor="1.1").facts
    assert (facts.spacing, facts.at_detector, facts.more["magnification"]) == (spacing, at_detector, "1.1")


def test_what_a_header_says_can_be_kept_as_json() -> None:
    import json

    assert json.loads(json.dumps(header_of().facts.as_record()))["patient_number"] == "P-1"


def test_signed_and_coloured_pixels_are_told() -> None:
    assert header_of(pixels=chest().astype(np.int16), bits=13).pixels.signed
    colour = np.repeat((chest() >> 4).astype(np.uint8)[..., np.newaxis], 3, axis=2)
    assert header_of(pixels=colour, photometric="RGB", sop_class=SECONDARY).pixels.samples == 3
