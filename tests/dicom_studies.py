"""The films of one examination of one patient, as an X-ray machine sends them."""

from typing import Any, Final

from tests.dicom_films import chest, make_film

STUDY: Final = "1.2.826.0.1.3680043.10.999.1"
SERIES: Final = "1.2.826.0.1.3680043.10.999.1.1"


def dicom_film(number: int = 1, *, seed: int = 0, **tags: Any) -> bytes:
    """Film `number` of the study; `seed` draws another chest; `tags` by keyword, None leaves one out."""
    values = {
        "SOPInstanceUID": f"{SERIES}.{number}",
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": SERIES,
        "PatientBirthDate": "19610423",
        "StudyDate": "20260302",
        "StudyTime": "091500",
        "AccessionNumber": "A-77",
        "StudyDescription": "Cough and fever",
    }
    return make_film(chest(seed, bits=8, side=128).astype("uint8"), **{**values, **tags})
