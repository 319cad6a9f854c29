"""What looks like a mistake is told on both sides and within the clinic alone; nothing is refused for it."""

from datetime import date

import pytest

from diagnosis.models import Patient, Scan, Study
from diagnosis.services import doubts, patients
from tests.conftest import Cast
from tests.diagnosis.services.patients.numbers import patient
from tests.films import predict, queued_scan


def codes(found: list[doubts.Doubt]) -> list[str]:
    return [doubt.code for doubt in found]


@pytest.mark.parametrize(("one", "other"), [("N-1", "N1"), ("7", "007"), ("O-12", "0-12"), ("l5", "15")])
def test_a_number_that_an_eye_confuses_is_told(cast: Cast, one: str, other: str) -> None:
    first = patient(cast, one)
    assert doubts.about_patient(first) == []
    (found,) = doubts.about_patient(patient(cast, other))
    assert (found.code, found.patient) == ("number_looks_alike", first)


def test_the_same_person_under_another_number_is_told(cast: Cast) -> None:
    born = date(1970, 1, 1)
    first = patient(cast, "1", first_name="José", last_name="O'Neill", birth_date=born)
    second = patient(cast, "2", first_name="JOSE", last_name="O’Neill", birth_date=born)
    assert [doubt.patient for doubt in doubts.about_patient(second)] == [first]
    assert codes(doubts.about_patient(first)) == ["same_person"]
    others = [
        patient(cast, "3", first_name="José", last_name="O'Neill", birth_date=date(1971, 1, 1)),
        patient(cast, "4", first_name="Josefa", last_name="O'Neill", birth_date=born),
        patient(cast, "5", birth_date=born),
        patient(cast, "6", birth_date=born),
    ]
    assert [doubts.about_patient(other) for other in others] == [[], [], [], []]


def test_another_clinics_patients_are_no_doubt(cast: Cast) -> None:
    born = date(1970, 1, 1)
    patient(cast, "7", last_name="Phantom", birth_date=born)
    theirs = patients.find_or_create_patient(
        clinic=cast.clinic_b, number="007", actor=cast.stranger, last_name="Phantom", birth_date=born
    )
    assert doubts.about_patient(theirs) == []


def test_an_accession_number_of_two_patients_is_told_on_both(cast: Cast) -> None:
    made = [queued_scan(cast.clinic_a, cast.doctor, number=number, seed=seed).study
            for seed, number in enumerate(["1", "2", "2"])]  # fmt: skip
    theirs = queued_scan(cast.clinic_b, cast.stranger, number="9", seed=9).study
    for study, accession in zip([*made, theirs], ["ACC-9", "acc‑9", "", "ACC-9"], strict=True):
        Study.objects.filter(pk=study.pk).update(accession_number=accession)
    one, two, blank = [Study.objects.get(pk=study.pk) for study in made]
    assert [doubt.study for doubt in doubts.about_study(one)] == [two]
    assert codes(doubts.about_study(two)) == ["accession_number_used"]
    assert doubts.about_study(blank) == []
    assert doubts.about_study(Study.objects.get(pk=theirs.pk)) == []


def test_the_same_picture_of_two_patients_is_told_on_both(cast: Cast) -> None:
    scans = [queued_scan(cast.clinic_a, cast.doctor, number=str(seed), seed=seed) for seed in range(3)]
    theirs = queued_scan(cast.clinic_b, cast.stranger, number="9", seed=9)
    for scan, picture in zip([*scans, theirs], ["chest", "chest", "other", "chest"], strict=True):
        predict(Scan.objects.get(pk=scan.pk), picture=picture)
    one, two, other = [scan.study for scan in scans]
    assert [doubt.study for doubt in doubts.about_study(one)] == [two]
    assert [doubt.study for doubt in doubts.about_study(two)] == [one]
    assert doubts.about_study(other) == doubts.about_study(theirs.study) == []
    Study.objects.filter(pk=two.pk).update(patient=one.patient)
    assert doubts.about_study(Study.objects.get(pk=one.pk)) == [], (
        "a second film of one patient may be the same"
    )


def test_a_merged_record_is_no_doubt_any_more(cast: Cast) -> None:
    one, two = patient(cast, "7"), patient(cast, "007")
    Patient.objects.filter(pk=two.pk).update(merged_into=one)
    assert doubts.about_patient(one) == []
