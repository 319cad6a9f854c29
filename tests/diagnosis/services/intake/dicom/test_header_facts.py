"""Facts that are none never lose a film: the record stays empty there, the film's row says what was sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from diagnosis.models import Patient, Scan, Study
from diagnosis.services.intake.dicom import HELD, RECEIVED
from tests.conftest import Cast
from tests.diagnosis.services.intake.dicom.sending import send
from tests.dicom_studies import dicom_film


@pytest.mark.django_db
@pytest.mark.parametrize(("born", "known"), [("19600000", "1960"), ("00/00/0000", None), ("99999999", None)])
def test_case_14_of_a_birth_date_that_is_none_the_year_is_kept_and_the_rest_marked(
    cast: Cast, born: str, known: str | None
) -> None:
    assert send(cast, dicom_film(PatientBirthDate=born)).outcome == RECEIVED
    assert Patient.objects.get().birth_date == known
    assert born in Scan.objects.get().header["unreadable"].values()


@pytest.mark.django_db
@pytest.mark.parametrize("born", ["21500101", "17000101", "20260401"])
def test_case_14_an_impossible_birth_date_stays_empty_and_is_marked(cast: Cast, born: str) -> None:
    assert send(cast, dicom_film(PatientBirthDate=born)).outcome == RECEIVED
    assert Patient.objects.get().birth_date is None
    unreadable = Scan.objects.get().header["unreadable"]
    assert any(value.replace("-", "") == born for value in unreadable.values())


@pytest.mark.django_db
def test_case_14_a_year_that_fits_the_record_is_no_contradiction(cast: Cast) -> None:
    send(cast)
    assert send(cast, dicom_film(2, seed=1, PatientBirthDate="19610000")).outcome == RECEIVED


@pytest.mark.django_db
def test_a_time_that_is_impossible_is_not_the_study_s(cast: Cast) -> None:
    later = timezone.localdate() + timedelta(days=40)
    send(cast, dicom_film(StudyDate=f"{later:%Y%m%d}"))
    assert Study.objects.get().taken_at.date() < later
    unreadable = Scan.objects.get().header["unreadable"]
    assert any(value.replace("-", "").startswith(f"{later:%Y%m%d}") for value in unreadable.values())


@pytest.mark.django_db
def test_a_number_that_is_too_long_for_the_record_needs_a_person(cast: Cast) -> None:
    assert send(cast, dicom_film(PatientID="9" * 65)).outcome == HELD
