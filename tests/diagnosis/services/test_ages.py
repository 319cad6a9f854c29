"""A result about a patient whom the network did not learn on says so, by the birth date on record today."""

from datetime import UTC, datetime

import pytest

from diagnosis.models import ModelVersion, Patient, Prediction, Scan, Study
from diagnosis.services import ages
from tests.conftest import Cast
from tests.films import predict, queued_scan

CHILDREN_TOO = {"covid19": 18, "pneumonia": 1, "normal": 0}


def said(
    cast: Cast, *, ages_of: object = None, header_age: str = "", **patient: object
) -> ages.AgeCaution | None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Patient.objects.filter(pk=scan.study.patient_id).update(**patient)
    Study.objects.filter(pk=scan.study_id).update(taken_at=datetime(2026, 6, 15, 12, tzinfo=UTC))
    header = {"more": {"age": header_age}} if header_age else {}
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False, header=header)
    predict(Scan.objects.get(pk=scan.pk))
    if ages_of is not None:
        ModelVersion.objects.update(card={"ages": ages_of})
    shown = Prediction.objects.select_related("model_version", "scan__study__patient").get()
    return ages.caution(shown, shown.scan, shown.scan.study.patient)


@pytest.mark.parametrize(
    ("birth", "code"),
    [
        ("2008-06-16", "too_young"),
        ("2008-06-15", None),
        ("2008", "too_young"),
        ("2007", None),
        ("1961", None),
    ],
)
def test_the_age_is_that_of_the_examination_and_the_youngest_that_may_be(
    cast: Cast, birth: str, code: str | None
) -> None:
    found = said(cast, birth_date=birth)
    assert (found.code if found else None) == code


def test_an_estimated_year_may_be_wrong_by_two(cast: Cast) -> None:
    assert said(cast, birth_date="2006-01-01", birth_estimated=True) is not None


def test_without_ages_on_its_card_a_network_learned_on_adults(cast: Cast) -> None:
    found = said(cast, birth_date="2020-01-01")
    assert found is not None
    assert found.no_advice
    assert "was 6 years old: the network learned all that it knows on adults only" in found.text


def test_a_card_says_on_whom_each_class_was_learned(cast: Cast) -> None:
    found = said(cast, ages_of=CHILDREN_TOO, birth_date="2020-01-01")
    assert found is not None
    assert "learned COVID-19 on adults only" in found.text


def test_without_a_birth_date_that_is_said_and_advice_stays(cast: Cast) -> None:
    found = said(cast, ages_of=CHILDREN_TOO)
    assert found is not None
    assert (found.text, found.no_advice) == (
        "Age not known: the network learned COVID-19 on adults only.",
        False,
    )


@pytest.mark.parametrize(("header", "code"), [("006Y", "too_young"), ("045Y", None), ("011M", "too_young")])
def test_the_age_in_a_film_s_header_counts_where_no_birth_date_is_known(
    cast: Cast, header: str, code: str | None
) -> None:
    found = said(cast, header_age=header)
    assert (found.code if found else None) == code


@pytest.mark.parametrize("broken", ["adults", {"covid19": "18"}, [18]])
def test_ages_that_cannot_be_read_count_as_none(cast: Cast, broken: object) -> None:
    found = said(cast, ages_of=broken, birth_date="2020-01-01")
    assert found is not None


def test_nothing_is_said_of_a_drawing(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    assert ages.caution(predict(scan), scan, scan.study.patient) is None
