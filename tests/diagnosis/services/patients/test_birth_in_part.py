"""A birth date known in part fits the whole one, is completed by it, and never replaces it."""

from datetime import date

import pytest

from accounts.audit import seals
from accounts.models import AuditEvent
from diagnosis.models import Patient
from diagnosis.services import doubts, merging, patients
from diagnosis.services.patients import PatientMismatch
from tests.conftest import Cast
from tests.diagnosis.services.patients.numbers import patient

Birth = tuple[str, bool]


def kept() -> tuple[str | None, bool]:
    return Patient.objects.values_list("birth_date", "birth_estimated").get()


def born(birth: Birth) -> dict[str, object]:
    return {"birth_date": birth[0], "birth_estimated": birth[1]}


@pytest.mark.parametrize(
    ("recorded", "sent", "then"),
    [
        (("1961", False), ("1961-04-12", False), ("1961-04-12", False)),
        (("1961", True), ("1961-04", False), ("1961-04", False)),
        (("1961-01-01", True), ("1961-04-12", False), ("1961-04-12", False)),
        (("1961-04-12", False), ("1961", False), ("1961-04-12", False)),
        (("1961-04-12", False), ("1962", True), ("1961-04-12", False)),
        (("1961", True), ("1961", False), ("1961", True)),
        (("1961", True), ("1963", True), ("1961", True)),
    ],
)
def test_a_birth_date_that_fits_completes_and_never_replaces(
    cast: Cast, recorded: Birth, sent: Birth, then: Birth
) -> None:
    patient(cast, **born(recorded))
    patient(cast, **born(sent))
    assert kept() == then
    event = AuditEvent.objects.latest("sequence")
    assert event.action == ("patient.created" if recorded == then else "patient.updated")


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        (("1961", False), ("1962", False)),
        (("1961-04", False), ("1961-05-12", False)),
        (("1961", True), ("1962-04-12", False)),
        (("1961-04-12", False), ("1964", True)),
    ],
)
def test_another_birth_date_is_left_to_a_person(cast: Cast, recorded: Birth, sent: Birth) -> None:
    patient(cast, **born(recorded))
    with pytest.raises(PatientMismatch) as caught:
        patient(cast, **born(sent))
    assert caught.value.fields == ("birth_date",)
    assert kept() == recorded


def test_the_number_of_a_merged_record_is_compared_with_the_kept_one(cast: Cast) -> None:
    one, two = patient(cast, "1", birth_date="1961-04-12"), patient(cast, "2", birth_date="1961")
    merging.merge_patients(patient=two, into=one, actor=cast.administrator, reason="the same woman")
    assert patient(cast, "2", birth_date="1961-04") == one
    with pytest.raises(PatientMismatch):
        patient(cast, "2", birth_date="1961-05")


def test_what_somebody_filled_in_meanwhile_is_compared_again(cast: Cast) -> None:
    stale = patient(cast, birth_date="1961")
    Patient.objects.filter(pk=stale.pk).update(birth_date="1961-05-01")
    with pytest.raises(PatientMismatch):
        patients._fill_in(stale, "P-1", {"birth_date": "1961-04-12"})
    assert kept() == ("1961-05-01", False)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (("1961", False), ("1961-04-12", False), True),
        (("1961-04-12", False), ("1961-04", False), True),
        (("1961-04-12", False), ("1963", True), True),
        (("1961-04", False), ("1961-05", False), False),
        (("1961", False), ("1962", False), False),
        (("1961", True), ("1964", True), False),
    ],
)
def test_a_birth_date_that_may_be_the_same_is_told_on_both_sides(
    cast: Cast, one: Birth, other: Birth, told: bool
) -> None:
    first = patient(cast, "1", last_name="Phantom", **born(one))
    second = patient(cast, "2", last_name="Phantom", **born(other))
    words = ["a birth date that may be the same" in doubt.text for doubt in doubts.about_patient(first)]
    assert words == ([True] if told else [])
    assert [doubt.patient for doubt in doubts.about_patient(second)] == ([first] if told else [])


def test_who_empties_the_birth_date_empties_the_estimate(cast: Cast) -> None:
    one = patient(cast, birth_date="1961", birth_estimated=True)
    patients.update_patient(patient=one, actor=cast.technician, birth_date=None)
    assert kept() == (None, False)


def test_the_seal_of_a_whole_date_is_what_it_was_when_no_other_was_known(cast: Cast) -> None:
    one = patient(cast, birth_date=date(1961, 4, 12))
    facts = Patient.AUDITED
    values = Patient.objects.filter(pk=one.pk).values("public_id", "birth_date").get()
    assert seals.named(facts, {**values, "birth_date": date(1961, 4, 12)}) == seals.named(facts, values)


def test_dates_in_part_are_weighed_by_what_they_may_mean() -> None:
    today = date.today()
    assert not patients.implausible({"birth_date": f"{today:%Y}"})
    assert "birth_date" in patients.implausible({"birth_date": f"{today.year + 2}"})
    assert "birth_date" in patients.implausible({"birth_date": "1850"})
    assert "birth_date" in patients.implausible({"birth_date": None, "birth_estimated": True})
