"""DICOM films that tests send: a chest drawn by code, under a header of the test's own."""

import functools
import io
from typing import Any, Final

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

from diagnosis.imaging.phantom import draw_phantom

SIDE: Final = 128
STUDY: Final = "1.2.826.0.1.3680043.10.999.1"
SERIES: Final = "1.2.826.0.1.3680043.10.999.1.1"


@functools.cache
def _pixels(seed: int) -> bytes:
    picture = draw_phantom(seed=seed).convert("L").resize((SIDE, SIDE))
    return np.asarray(picture, dtype=np.uint8).tobytes()


def dicom_film(number: int = 1, *, seed: int = 0, **tags: Any) -> bytes:
    """A CR film of a chest, SOP instance `number` of a study; `tags` by keyword, None leaves one out."""
    uid = f"{SERIES}.{number}"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = tags.get("SOPInstanceUID", uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film = FileDataset("film.dcm", {}, file_meta=meta, preamble=bytes(128))
    values = {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": ComputedRadiographyImageStorage,
        "SOPInstanceUID": uid,
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": SERIES,
        "Modality": "CR",
        "PatientID": "P-1",
        "PatientName": "Phantom^Ada",
        "PatientBirthDate": "19610423",
        "PatientSex": "F",
        "StudyDate": "20260302",
        "StudyTime": "091500",
        "AccessionNumber": "A-77",
        "StudyDescription": "Cough and fever",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "Manufacturer": "Test",
        "Rows": SIDE,
        "Columns": SIDE,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "PixelData": _pixels(seed),
    } | tags
    for keyword, value in values.items():
        if value is not None:
            setattr(film, keyword, value)
    buffer = io.BytesIO()
    film.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
