"""A film leaves without a name only if something looked at it: high bits, letters, and what is held back."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rapidocr
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.dataset import Dataset

from diagnosis.imaging.dicom import confined
from diagnosis.imaging.dicom.burnt_in import Line, Reader, names_nobody
from diagnosis.imaging.dicom.clean_pixels import Box
from diagnosis.imaging.dicom.confined import Room
from diagnosis.imaging.dicom.deidentify import Wish
from diagnosis.imaging.dicom.nameless import HeldBack, nameless_film, reader_of_letters
from diagnosis.imaging.dicom.secondary_capture import as_file, meta_of, put_bytes
from diagnosis.imaging.phantom import draw_phantom

WISH = Wish(b"k" * 32)


class Finds(Reader):
    """Finds what the test says, a list for each time it looks."""

    def __init__(self, *rounds: list[Line]) -> None:
        self.rounds, self.seen = list(rounds), list[np.ndarray]()

    def lines_that_may_name(self, picture: np.ndarray) -> list[Line]:
        self.seen.append(picture)
        return self.rounds.pop(0) if self.rounds else []


def dicom_film(
    path: Path, values: np.ndarray, *, bits: int = 12, inverted: bool = False, **facts: object
) -> Path:
    film = Dataset()
    film.file_meta = meta_of("1.2.840.10008.5.1.4.1.1.1", "1.2.3.4")
    film.SOPClassUID, film.SOPInstanceUID, film.PatientID = "1.2.840.10008.5.1.4.1.1.1", "1.2.3.4", "P-1"
    film.PatientName = "Secret^Name"
    film.SamplesPerPixel, film.PixelRepresentation = 1, 0
    film.PhotometricInterpretation = f"MONOCHROME{1 if inverted else 2}"
    film.Rows, film.Columns = values.shape
    film.BitsAllocated, film.BitsStored, film.HighBit = 8 * values.itemsize, bits, bits - 1
    put_bytes(film, values)
    for name, value in facts.items():
        setattr(film, name, value)
    path.write_bytes(as_file(film))
    return path


def cleaned(path: Path, reader: Reader | None) -> Dataset:
    made = nameless_film(path, WISH, reader, record=None, max_pixels=64_000_000)
    return dcmread(io.BytesIO(made.content))


def test_nothing_leaves_above_the_stored_bits(tmp_path: Path) -> None:
    picture = np.arange(64, dtype=np.uint16).reshape(8, 8)
    film = cleaned(dicom_film(tmp_path / "a.dcm", picture | 0x8000), Finds())
    raw = np.frombuffer(film.PixelData, np.uint16).reshape(8, 8)
    assert (raw == picture).all(), "the hidden overlay is gone, the picture is whole"
    assert "Secret" not in str(film)


@pytest.mark.parametrize("inverted", [False, True])
def test_letters_are_covered_in_black(tmp_path: Path, inverted: bool) -> None:
    picture = np.full((40, 60), 1000, dtype=np.uint16)
    picture[0, 0], picture[39, 59] = 100, 3000
    film = cleaned(
        dicom_film(tmp_path / "a.dcm", picture, inverted=inverted), Finds([Line("DOE", Box(10, 5, 20, 6))])
    )
    covered = film.pixel_array[5:11, 10:30]
    assert (covered == (3000 if inverted else 100)).all()
    assert film.pixel_array[20, 20] == 1000
    assert film.BurnedInAnnotation == "NO"
    codes = [item.CodeValue for item in film.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101"]


@pytest.mark.parametrize(
    ("reader", "facts", "words"),
    [
        (None, {}, "Nobody could look"),
        (Finds(), {"BurnedInAnnotation": "YES"}, "none were found"),
        (Finds(*[[Line("DOE", Box(0, 0, 4, 4))]] * 5), {}, "could still be read"),
        (Finds([Line("DOE", Box(0, 0, 60, 30))]), {}, "cover too much"),
        (Finds(), {"NumberOfFrames": "2"}, "could not be decoded"),
    ],
)
def test_a_film_that_nobody_can_vouch_for_is_held_back(
    tmp_path: Path, reader: Reader | None, facts: dict[str, object], words: str
) -> None:
    path = dicom_film(tmp_path / "a.dcm", np.full((40, 60), 9, np.uint16), **facts)
    with pytest.raises(HeldBack, match=words):
        cleaned(path, reader)


def test_what_is_no_film_is_held_back(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(b"nothing of the kind" * 20)
    with pytest.raises(HeldBack):
        cleaned(tmp_path / "a.dcm", Finds())


@pytest.mark.parametrize(
    ("text", "nobody"),
    [
        ("L", True), ("R", True), ("(R)", True), ("AP PORTABLE", True), ("semi-erect", True), ("", True),
        ("Li", False), ("L. MEIER", False), ("1970", False), ("福", False), ("LR AB", False),
        ("M E I E R", False), ("R 2", True),
    ],
)  # fmt: skip
def test_a_lone_marker_is_no_name(text: str, nobody: bool) -> None:
    assert names_nobody(text) is nobody


CORNERS = [[0, 0], [9, 0], [9, 9], [0, 9]]


def reader_that_reads(*told: tuple[str, float]) -> Reader:
    """A reader whose engine says so of any picture."""
    reader = object.__new__(Reader)
    texts, scores = zip(*told, strict=True)
    reader._engine = lambda _: SimpleNamespace(boxes=[CORNERS] * len(told), txts=texts, scores=scores)
    return reader


def texts_of(reader: Reader) -> list[str]:
    return [line.text for line in reader.lines_that_may_name(np.zeros((40, 40), np.uint8))]


def test_a_lone_sign_counts_only_where_it_was_read_with_confidence() -> None:
    assert texts_of(reader_that_reads(("福", 0.2), ("管", 0.9), ("DOE", 0.1), ("R", 0.9))) == ["管", "DOE"]


def test_a_whole_chest_is_no_sign() -> None:
    reader = object.__new__(Reader)
    chest = [[2, 2], [38, 2], [38, 38], [2, 38]]
    reader._engine = lambda _: SimpleNamespace(boxes=[chest, chest], txts=("中", "DOE"), scores=(0.9, 0.9))
    assert texts_of(reader) == ["DOE"]


def test_many_lone_letters_are_no_markers() -> None:
    assert texts_of(reader_that_reads(*((letter, 0.9) for letter in "RLAP"))) == []
    name = [(letter, 0.9) for letter in "MEIRS"]
    assert texts_of(reader_that_reads(*name)) == list("MEIRS"), "a name with gaps, or down the edge"


def test_letters_that_were_found_and_not_read_count() -> None:
    reader = object.__new__(Reader)
    reader._engine = lambda _: SimpleNamespace(boxes=[CORNERS])
    assert len(texts_of(reader)) == 1


def test_a_reader_that_finds_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rapidocr, "RapidOCR", lambda params: lambda _: SimpleNamespace(boxes=None))
    assert reader_of_letters() is None
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    assert reader_of_letters() is None


@pytest.mark.slow
@pytest.mark.parametrize("size", [11, 20, 40])
def test_a_name_on_a_film_is_found_and_covered_whole(tmp_path: Path, size: int) -> None:
    picture = draw_phantom(seed=1).resize((512, 512)).crop((0, 40, 512, 470))
    before = np.asarray(picture).copy()
    ImageDraw.Draw(picture).text((40, 200), "MEIER, ANNA", fill=255, font=ImageFont.load_default(size))
    written = np.asarray(picture).astype(int) - before > 20
    path = dicom_film(tmp_path / "a.dcm", np.asarray(picture), bits=8)
    made = confined.nameless(path, None, Room(), key=WISH.key, sex_and_age=False)
    film = dcmread(io.BytesIO(made.content)).pixel_array
    assert made.lines >= 1
    assert (film[written] == before.min()).mean() > 0.98


@pytest.mark.slow
def test_a_side_marker_stays(tmp_path: Path) -> None:
    picture = Image.new("L", (400, 400), 60)
    ImageDraw.Draw(picture).text((340, 30), "R", fill=255, font=ImageFont.load_default(36))
    path = dicom_film(tmp_path / "a.dcm", np.asarray(picture), bits=8)
    made = confined.nameless(path, None, Room(), key=WISH.key, sex_and_age=False)
    assert made.lines == 0
    assert (dcmread(io.BytesIO(made.content)).pixel_array == np.asarray(picture)).all()
