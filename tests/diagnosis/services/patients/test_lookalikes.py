"""What people read as one number or name is one patient; what is written almost alike is never merged."""

import pytest

from diagnosis.models import Patient
from diagnosis.services import patients
from diagnosis.services.patients import NumberTaken, PatientMismatch
from tests.conftest import Cast
from tests.diagnosis.services.patients.numbers import patient
from tests.diagnosis.test_spelling import ALMOST, SAME


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_number_that_reads_the_same_is_one_patient(cast: Cast, one: str, other: str) -> None:
    assert patient(cast, one) == patient(cast, other)
    assert patient(cast, other) == patient(cast, one)
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(("one", "other"), ALMOST)
def test_a_number_with_other_marks_is_neither_merged_nor_made(cast: Cast, one: str, other: str) -> None:
    patient(cast, one, last_name="Phantom")
    with pytest.raises(PatientMismatch) as caught:
        patient(cast, other, last_name="Phantom")
    assert caught.value.fields == ("number",)
    assert "spelling" in caught.value.message
    assert Patient.objects.get().number == one


@pytest.mark.parametrize(("one", "other"), SAME + ALMOST)
def test_a_name_that_reads_the_same_is_no_other_name(cast: Cast, one: str, other: str) -> None:
    first = patient(cast, last_name=one)
    assert patient(cast, last_name=other) == first
    first.refresh_from_db()
    assert first.last_name == patients.spelling.tidy(one), "the spelling on record stays"


@pytest.mark.parametrize(("one", "other"), [("Müller", "Mueller"), ("राम", "रमा"), ("O'Neill", "ONeill")])
def test_another_name_is_another_person(cast: Cast, one: str, other: str) -> None:
    patient(cast, last_name=one)
    with pytest.raises(PatientMismatch):
        patient(cast, last_name=other)
    assert Patient.objects.get().last_name == one


@pytest.mark.parametrize(("one", "other"), [("N-1", "N1"), ("7", "007"), ("O1", "01"), ("a b", "ab")])
def test_numbers_that_only_look_alike_are_two_patients(cast: Cast, one: str, other: str) -> None:
    assert patient(cast, one) != patient(cast, other)


def test_no_number_is_taken_by_another_spelling(cast: Cast) -> None:
    patient(cast, "É-1")
    two = patient(cast, "P-2")
    for spelt in ("é-1", "E-1", "E‑1"):
        with pytest.raises(NumberTaken):
            patients.update_patient(patient=two, actor=cast.doctor, number=spelt)
    assert patients.update_patient(patient=two, actor=cast.doctor, number="p–2").number == "p–2"
    assert patient(cast, "P-2") == two


def test_a_number_of_invisible_signs_is_none(cast: Cast) -> None:
    assert patients.implausible({"number": "\u200d\u3164"}) != {}
    with pytest.raises(ValueError, match="needs a number"):
        patient(cast, "\u200d")


def test_a_corrected_number_is_found_and_the_old_one_is_free(cast: Cast) -> None:
    one = patient(cast, "P-1")
    patients.update_patient(patient=one, actor=cast.doctor, number="X-9")
    assert patient(cast, "x‑9") == one
    assert patient(cast, "P-1") != one
