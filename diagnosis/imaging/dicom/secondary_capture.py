"""Makes a DICOM Secondary Capture of a PNG or JPEG film, for archives that take nothing else.

The same film and record give the same bytes, so that an archive can tell that it has a film already. Nothing
is claimed that nobody knows: the modality is OT, for a picture does not say which machine made it; burnt-in
text is declared only where we drew it; pixel spacing and patient orientation stay out or empty.
"""

import io
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from diagnosis.imaging.raster.decoded import DecodedFilm
from diagnosis.imaging.raster.whole import read_whole

IMPLEMENTATION: Final = "2.25.210435876106733417217049829361826205477"
IMPLEMENTATION_NAME: Final = "CARINA"
PHANTOM: Final = "Phantom drawn by code; no person's chest. For research and demonstration only."
_SEXES: Final = {"female": "F", "male": "M", "other": "O"}
_LONGEST_SH: Final = 16


@dataclass(frozen=True)
class FilmRecord:
    """What the record says of a film. taken_at, received_at: with their zone."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    patient_number: str
    taken_at: datetime
    received_at: datetime
    last_name: str = ""
    first_name: str = ""
    birth_date: date | None = None
    sex: str = "unknown"
    accession_number: str = ""
    projection: str = ""
    is_phantom: bool = False


def secondary_capture(path: Path, record: FilmRecord, *, max_pixels: int) -> bytes:
    """The whole DICOM file of a film. Raises FilmRefused for a film that cannot be decoded."""
    with path.open("rb") as stream:
        film = read_whole(stream, max_pixels=max_pixels)
    made = Dataset()
    made.file_meta = _meta(record)
    _tell_patient(made, record)
    _tell_study(made, record)
    _tell_image(made, record, film)
    if film.facts["format"] == "jpeg":
        made.LossyImageCompression = "01"
        made.LossyImageCompressionMethod = "ISO_10918_1"
        made.LossyImageCompressionRatio = f"{max(1.0, film.levels.nbytes / path.stat().st_size):.2f}"
    return as_file(made)


def as_file(made: Dataset) -> bytes:
    """The dataset as a file with preamble and meta information, explicit little endian."""
    buffer = io.BytesIO()
    made.save_as(buffer, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()


def meta_of(sop_class: str, sop_instance_uid: str) -> FileMetaDataset:
    """File meta information of a file that is made here."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(sop_instance_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION)
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    return meta


def _meta(record: FilmRecord) -> FileMetaDataset:
    return meta_of(SecondaryCaptureImageStorage, record.sop_instance_uid)


def plain(text: str, longest: int) -> str:
    """Text that a DICOM value can hold: no backslash, no control characters, cut to its length."""
    kept = "".join(letter if letter.isprintable() and letter != "\\" else " " for letter in text)
    return " ".join(kept.split())[:longest]


def _name(record: FilmRecord) -> str:
    parts = [plain(part.translate({ord(sign): " " for sign in "^="}), 31) for part in
             (record.last_name, record.first_name)]  # fmt: skip
    return "^".join(parts).rstrip("^")


def _tell_patient(made: Dataset, record: FilmRecord) -> None:
    made.SpecificCharacterSet = "ISO_IR 192"
    made.PatientName = _name(record)
    made.PatientID = plain(record.patient_number, 64)
    made.PatientBirthDate = f"{record.birth_date:%Y%m%d}" if record.birth_date else ""
    made.PatientSex = _SEXES.get(record.sex, "")
    if record.is_phantom:
        made.QualityControlSubject = "YES"
        made.PatientComments = PHANTOM


def _tell_study(made: Dataset, record: FilmRecord) -> None:
    accession = plain(record.accession_number, 64)
    made.StudyInstanceUID = record.study_instance_uid
    made.StudyDate, made.StudyTime = _day(record.taken_at), _clock(record.taken_at)
    made.TimezoneOffsetFromUTC = f"{record.taken_at:%z}"[:5]
    # A number that does not fit is not cut: half of it could be another study's.
    made.AccessionNumber = accession if len(accession) <= _LONGEST_SH else ""
    made.ReferringPhysicianName = ""
    made.StudyID = ""
    if not made.AccessionNumber and accession:
        made.StudyDescription = plain(f"Accession {accession}", 64)


def _tell_image(made: Dataset, record: FilmRecord, film: DecodedFilm) -> None:
    made.SOPClassUID = SecondaryCaptureImageStorage
    made.SOPInstanceUID = record.sop_instance_uid
    made.SeriesInstanceUID = record.series_instance_uid
    made.SeriesNumber = "1"
    made.InstanceNumber = "1"
    made.Modality = "OT"
    made.ConversionType = "SYN" if record.is_phantom else "WSD"
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.BodyPartExamined = "CHEST"  # one part of the body: it has no side
    made.PatientOrientation = None
    if record.projection:
        made.ViewPosition = record.projection
    made.SecondaryCaptureDeviceManufacturer = "Carina"
    made.DateOfSecondaryCapture = _day(record.received_at)
    made.TimeOfSecondaryCapture = _clock(record.received_at)
    if record.is_phantom:
        made.BurnedInAnnotation = "YES"
        made.ImageComments = PHANTOM
    _put_pixels(made, film)


def _put_pixels(made: Dataset, film: DecodedFilm) -> None:
    deep = film.levels.itemsize > 1
    bits = max(film.found.bits, int(film.levels.max(initial=0)).bit_length()) if deep else 8
    _put_levels(made, film.levels, bits=bits)
    if deep:
        low, high = (film.found.black + at * (film.found.white - film.found.black)
                     for at in film.found.window)  # fmt: skip
        made.WindowCenter = f"{(low + high) / 2:.1f}"
        made.WindowWidth = f"{max(1.0, high - low):.1f}"


def _put_levels(made: Dataset, levels: NDArray[np.unsignedinteger], *, bits: int) -> None:
    made.SamplesPerPixel = 1
    made.PhotometricInterpretation = "MONOCHROME2"
    made.Rows, made.Columns = levels.shape
    made.BitsAllocated = 8 * levels.itemsize
    made.BitsStored, made.HighBit = bits, bits - 1
    made.PixelRepresentation = 0
    put_bytes(made, levels)


def put_bytes(made: Dataset, values: NDArray[Any]) -> None:
    """The values as pixel data, little endian, of an even length."""
    content = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    made.add_new(0x7FE00010, "OW" if values.itemsize > 1 else "OB", content + b"\0" * (len(content) % 2))


def _day(moment: datetime) -> str:
    return f"{moment:%Y%m%d}"


def _clock(moment: datetime) -> str:
    return f"{moment:%H%M%S}"
