"""A PNG or JPEG film as a DICOM Secondary Capture: whole, upright, honest, and the same bytes each time."""

import io
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset

from diagnosis.imaging.dicom import confined
from diagnosis.imaging.dicom.confined import Room
from diagnosis.imaging.dicom.nameless import HeldBack
from diagnosis.imaging.dicom.secondary_capture import FilmRecord, secondary_capture

RECORD = FilmRecord(
    study_instance_uid="2.25.1",
    series_instance_uid="2.25.2",
    sop_instance_uid="2.25.3",
    patient_number="P-1",
    taken_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    received_at=datetime(2026, 1, 3, tzinfo=UTC),
    last_name="Müller",
    first_name="Ada^\\=x",
    birth_date=date(1970, 2, 1),
    sex="female",
    accession_number="A-1",
    projection="PA",
)
MOST = 64_000_000


def levels(deep: bool = False) -> np.ndarray:
    made = np.random.default_rng(0).integers(0, 4096 if deep else 256, (90, 70))
    return made.astype(np.uint16 if deep else np.uint8)


def film(path: Path, pixels: np.ndarray, **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def made(path: Path, record: FilmRecord = RECORD) -> Dataset:
    return dcmread(io.BytesIO(secondary_capture(path, record, max_pixels=MOST)))


def test_facts_of_the_record_stand_in_the_header(tmp_path: Path) -> None:
    film_made = made(film(tmp_path / "a.png", levels()))
    assert (film_made.StudyInstanceUID, film_made.SeriesInstanceUID) == ("2.25.1", "2.25.2")
    assert film_made.SOPInstanceUID == film_made.file_meta.MediaStorageSOPInstanceUID == "2.25.3"
    assert (film_made.PatientID, str(film_made.PatientName)) == ("P-1", "Müller^Ada x")
    assert (film_made.PatientBirthDate, film_made.PatientSex) == ("19700201", "F")
    assert (film_made.StudyDate, film_made.StudyTime) == ("20260102", "030405")
    assert (film_made.TimezoneOffsetFromUTC, film_made.AccessionNumber) == ("+0000", "A-1")
    assert (film_made.BodyPartExamined, film_made.ViewPosition) == ("CHEST", "PA")
    assert "BurnedInAnnotation" not in film_made, "nobody looked"


def test_a_long_accession_number_is_not_cut(tmp_path: Path) -> None:
    film_made = made(film(tmp_path / "a.png", levels()), replace(RECORD, accession_number="A" * 20))
    assert film_made.AccessionNumber == ""
    assert film_made.StudyDescription == f"Accession {'A' * 20}"


def test_a_phantom_says_so(tmp_path: Path) -> None:
    film_made = made(film(tmp_path / "a.png", levels()), replace(RECORD, is_phantom=True))
    assert (film_made.QualityControlSubject, film_made.BurnedInAnnotation) == ("YES", "YES")
    assert "no person's chest" in film_made.ImageComments


@pytest.mark.parametrize("deep", [False, True])
def test_every_pixel_of_a_png_is_kept_at_its_depth(tmp_path: Path, deep: bool) -> None:
    pixels = levels(deep)
    film_made = made(film(tmp_path / "a.png", pixels))
    assert (film_made.pixel_array == pixels).all()
    assert film_made.BitsStored == (12 if deep else 8)
    assert ("WindowCenter" in film_made) is deep


def test_a_film_larger_than_the_network_needs_is_not_made_smaller(tmp_path: Path) -> None:
    film_made = made(film(tmp_path / "a.png", np.zeros((100, 2600), np.uint8)))
    assert (film_made.Rows, film_made.Columns) == (100, 2600)


def test_a_jpeg_is_upright_and_says_that_it_was_lossy(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((80, 160), np.uint8)
    pixels[:, 140:] = 255  # at the right as stored: at the bottom once it is upright
    film_made = made(film(tmp_path / "a.jpg", pixels, exif=exif, quality=95))
    assert (film_made.Rows, film_made.Columns) == (160, 80)
    assert film_made.pixel_array[-1].mean() > 250 > 5 > film_made.pixel_array[0].mean()
    assert (film_made.LossyImageCompression, film_made.LossyImageCompressionMethod) == ("01", "ISO_10918_1")


def test_the_same_film_gives_the_same_bytes(tmp_path: Path) -> None:
    path = film(tmp_path / "a.png", levels())
    again = secondary_capture(path, RECORD, max_pixels=MOST)
    assert again == secondary_capture(path, RECORD, max_pixels=MOST)
    assert again == confined.captured(path, RECORD, Room())


def test_a_damaged_film_is_refused_in_words(tmp_path: Path) -> None:
    path = film(tmp_path / "a.png", levels())
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(HeldBack, match="ends before its image does"):
        confined.captured(path, RECORD, Room())


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_other_programs_read_it(tmp_path: Path, name: str) -> None:
    if shutil.which("dcm2pnm") is None:
        pytest.skip("DCMTK is not installed")
    path = film(tmp_path / name, levels())
    (tmp_path / "a.dcm").write_bytes(secondary_capture(path, RECORD, max_pixels=MOST))
    subprocess.run(["dcm2pnm", "a.dcm", "a.pgm"], cwd=tmp_path, check=True)
    assert (np.asarray(Image.open(tmp_path / "a.pgm")) == np.asarray(Image.open(path))).all()


@pytest.mark.parametrize("phantom", [False, True])
def test_the_validator_finds_no_error(tmp_path: Path, phantom: bool) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian's dicom3tools) is not installed")
    path = film(tmp_path / "a.png", levels(deep=True))
    content = secondary_capture(path, replace(RECORD, is_phantom=phantom), max_pixels=MOST)
    (tmp_path / "a.dcm").write_bytes(content)
    said = subprocess.run(["dciodvfy", "a.dcm"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "SCImage" in said.stderr
    assert "Error" not in said.stderr
