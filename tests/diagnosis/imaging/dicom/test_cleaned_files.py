"""A film that was cleaned is still valid DICOM: dciodvfy, which nobody here wrote, finds no new error."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from diagnosis.imaging.dicom.deidentify import Wish
from diagnosis.imaging.dicom.nameless import HeldBack, nameless_film
from diagnosis.imaging.dicom.secondary_capture import as_file, meta_of, put_bytes
from tests.diagnosis.imaging.dicom.test_nameless import Finds

DICOM = Path(__file__).resolve().parents[4].parent / "shared" / "data" / "dicom"
WISH = Wish(b"k" * 32)


def errors(path: Path) -> set[str]:
    """What dciodvfy calls an error; identifiers are left out, for each is another one afterwards."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian's dicom3tools) is not installed")
    done = subprocess.run(
        ["dciodvfy", "-new", str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    lines = (done.stdout + done.stderr).splitlines()
    assert any("Image" in line for line in lines), "it says which kind of image it takes the file for"
    return {re.sub(r"<[0-9.]{9,}>", "<uid>", line) for line in lines if line.startswith("Error")}


def cleaned(path: Path, folder: Path, *, sex_and_age: bool = False) -> Path:
    made = nameless_film(
        path, Wish(WISH.key, sex_and_age=sex_and_age), Finds(), record=None, max_pixels=64_000_000
    )
    (folder / "clean.dcm").write_bytes(made.content)
    return folder / "clean.dcm"


def computed_radiograph() -> Dataset:
    """A film with whatever a busy department writes into it, valid before it is cleaned."""
    film = Dataset()
    film.file_meta = meta_of("1.2.840.10008.5.1.4.1.1.1", "1.2.826.0.1.3680043.2.1")
    film.SOPClassUID, film.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", "1.2.826.0.1.3680043.2.1"
    film.StudyInstanceUID, film.SeriesInstanceUID = "1.2.826.0.1.3680043.2.2", "1.2.826.0.1.3680043.2.3"
    film.FrameOfReferenceUID, film.PositionReferenceIndicator = "1.2.826.0.1.3680043.2.4", ""
    film.Modality, film.BodyPartExamined, film.ViewPosition = "CR", "CHEST", "PA"
    film.PatientName, film.PatientID, film.PatientBirthDate = "Secret^Name", "S-1", "19700203"
    film.PatientSex, film.PatientAge, film.PatientOrientation = "F", "056Y", ["L", "F"]
    film.StudyDate, film.StudyTime, film.SeriesDate, film.SeriesTime = "20260202", "1112", "20260202", "1113"
    film.ContentDate, film.ContentTime, film.AcquisitionDateTime = "20260202", "1114", "20260202111400"
    film.AccessionNumber, film.StudyID, film.ReferringPhysicianName = "S-2", "S-3", "Secret^Doctor"
    film.SeriesNumber, film.InstanceNumber, film.ImageType = "1", "1", ["ORIGINAL", "PRIMARY"]
    film.Manufacturer, film.StationName, film.InstitutionName = "Maker", "SECRET", "Secret Hospital"
    film.DeviceSerialNumber, film.OperatorsName, film.ProtocolName = "SECRET-4", "Secret^Hand", "SECRET"
    film.StudyDescription, film.SeriesDescription, film.ImageComments = "Secret one", "Secret two", "Secret 3"
    film.PerformedProcedureStepStartDate, film.PerformedProcedureStepStartTime = "20260202", "1111"
    request = Dataset()
    request.ScheduledProcedureStepID, request.RequestedProcedureID = "SECRET-5", "SECRET-6"
    film.RequestAttributesSequence = Sequence([request])
    source = Dataset()
    source.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    source.ReferencedSOPInstanceUID = "1.2.826.0.1.3680043.2.5"
    film.SourceImageSequence = Sequence([source])
    film.SamplesPerPixel, film.PixelRepresentation, film.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    film.Rows, film.Columns, film.BitsAllocated, film.BitsStored, film.HighBit = 8, 8, 16, 12, 11
    film.BurnedInAnnotation, film.QualityControlImage = "NO", "NO"
    put_bytes(film, np.arange(64, dtype=np.uint16).reshape(8, 8))
    return film


@pytest.mark.parametrize("sex_and_age", [False, True])
def test_a_valid_film_stays_valid(tmp_path: Path, sex_and_age: bool) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(as_file(computed_radiograph()))
    assert errors(path) == set()
    clean = cleaned(path, tmp_path, sex_and_age=sex_and_age)
    assert errors(clean) == set()
    assert "ecret" not in clean.read_bytes().decode("latin-1")
    assert "SECRET" not in clean.read_bytes().decode("latin-1")


@pytest.mark.parametrize("path", sorted(DICOM.glob("*.dcm")), ids=lambda path: path.name)
def test_real_films_gain_no_error(tmp_path: Path, path: Path) -> None:
    try:
        clean = cleaned(path, tmp_path)
    except HeldBack:
        return  # nothing leaves, so nothing can be wrong with it
    assert errors(clean) <= errors(path)
    assert dcmread(clean).PatientIdentityRemoved == "YES"
