"""When a film was taken: the first day that the header names, with a time of that day if there is any."""

import io
from datetime import datetime

import pytest

from diagnosis.imaging.dicom.header import read_facts
from tests.dicom_studies import dicom_film

NONE = dict.fromkeys(("StudyDate", "StudyTime"))


@pytest.mark.parametrize(
    ("tags", "taken", "where"),
    [
        ({"AcquisitionDate": "20260302"}, datetime(2026, 3, 2, 9, 15), "StudyDate"),
        ({"AcquisitionDateTime": "20260302"}, datetime(2026, 3, 2, 9, 15), "StudyDate"),
        ({"AcquisitionDate": "20260302", "AcquisitionTime": "0930"}, datetime(2026, 3, 2, 9, 30), "Acquisi"),
        ({"AcquisitionDate": "20260303"}, datetime(2026, 3, 3), "AcquisitionDate, without a time"),
        ({"StudyTime": None}, datetime(2026, 3, 2), "StudyDate, without a time"),
        ({"StudyTime": "half past nine"}, datetime(2026, 3, 2), "StudyDate, without a time"),
        ({"StudyTime": "000000"}, datetime(2026, 3, 2), "StudyDate"),
        (NONE | {"AcquisitionDateTime": "20260302"}, datetime(2026, 3, 2), "AcquisitionDateTime, without"),
    ],
)
def test_a_time_of_the_day_is_taken_from_where_there_is_one(
    tags: dict[str, str], taken: datetime, where: str
) -> None:
    facts = read_facts(io.BytesIO(dicom_film(**tags)), max_pixels=10**8, min_side=64).facts
    assert facts.taken_at == taken
    assert facts.more["taken_at_from"].startswith(where)
    assert ("without" in facts.more["taken_at_from"]) == ("without" in where)
