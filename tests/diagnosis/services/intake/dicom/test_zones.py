"""A header that names the zone of its clock is read by it, others by the clinic's."""

from datetime import UTC, datetime

import pytest

from diagnosis.models import HeldFilm, Study
from diagnosis.services import reconcile
from diagnosis.services.intake.dicom import HELD
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.dicom_studies import dicom_film

TAKEN = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


@pytest.fixture
def kolkata(cast: Cast) -> Cast:
    cast.clinic_a.time_zone = "Asia/Kolkata"
    cast.clinic_a.save()
    return cast


@pytest.mark.django_db
@pytest.mark.parametrize(
    "tags",
    [
        {"TimezoneOffsetFromUTC": "+0000"},
        {"TimezoneOffsetFromUTC": "+0530", "StudyTime": "144500"},
        {"TimezoneOffsetFromUTC": "-0930", "StudyDate": "20260301", "StudyTime": "234500"},
        {"AcquisitionDateTime": "20260302091500.000000+0000"},
        {"AcquisitionDateTime": "20260302101500+0100", "TimezoneOffsetFromUTC": "-0900"},
        {"AcquisitionDateTime": "20260302144500"},
        {"StudyTime": "144500", "TimezoneOffsetFromUTC": "+9900"},
        {"StudyTime": "144500", "TimezoneOffsetFromUTC": "India"},
    ],
)
def test_the_moment_is_the_same_by_whatever_clock(kolkata: Cast, tags: dict[str, str]) -> None:
    send(kolkata, dicom_film(**tags))
    assert Study.objects.get().taken_at == TAKEN


@pytest.mark.django_db
def test_a_held_film_keeps_its_zone(kolkata: Cast) -> None:
    assert send(kolkata, dicom_film(PatientID="", TimezoneOffsetFromUTC="+0000")).outcome == HELD
    study = reconcile.file_under(held=HeldFilm.objects.get(), number="P-7", actor=kolkata.doctor)
    assert study.taken_at == TAKEN
