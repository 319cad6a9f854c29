"""A new patient who looks like one on record: nothing is entered before somebody has seen whom."""

import pytest
from django.test import Client

from diagnosis.models import Patient, Study
from tests.conftest import Cast
from tests.diagnosis.views.intake.form import JSON, NEW, form


@pytest.fixture
def known(cast: Cast) -> list[Patient]:
    return [
        Patient.objects.create(clinic=cast.clinic_a, number=number, first_name=first, last_name=last)
        for number, first, last in (("MRN-1002", "", ""), ("MRN-2002", "", ""))
    ]


def shown_in(page: str) -> str:
    return page.split('name="other_than" value="')[1].split('"')[0]


def test_another_person_is_entered_once_the_like_one_was_shown(doctor: Client, known: list[Patient]) -> None:
    typed = form(number="MRN-1003")
    told = doctor.post(NEW, typed).content.decode()
    assert "MRN-1002" in told
    assert not Study.objects.exists()
    typed |= {"other_person": "on", "other_than": shown_in(told)}
    assert doctor.post(NEW, typed).status_code == 302
    assert Study.objects.get().patient.number == "MRN-1003"


def test_the_tick_does_not_count_for_a_number_that_was_changed_since(
    doctor: Client, known: list[Patient]
) -> None:
    typed = form(number="MRN-1003")
    told = doctor.post(NEW, typed).content.decode()
    typed |= {"other_person": "on", "other_than": shown_in(told)}
    for number, like in (("MRN-2003", "MRN-2002"), ("MRN-1004", "MRN-1002")):
        again = doctor.post(NEW, typed | {"number": number})
        page = again.content.decode()
        assert again.status_code == 422
        assert like in page
        assert not Study.objects.exists()
        ticked = page.split('name="other_person"')[1].split(">")[0]
        assert "checked" not in ticked, "an answer to a question that was not asked"
    confirmed = typed | {"number": "MRN-1004", "other_than": shown_in(page)}
    assert doctor.post(NEW, confirmed).status_code == 302


def test_a_tick_before_anybody_was_shown_does_not_count(doctor: Client, known: list[Patient]) -> None:
    assert doctor.post(NEW, form(number="MRN-1003", other_person="on")).status_code == 422
    Patient.objects.create(clinic=known[0].clinic, number="MRN-1005")
    told = doctor.post(NEW, form(number="MRN-1003")).content.decode()
    Patient.objects.create(clinic=known[0].clinic, number="MRN-1009")  # a colleague was faster
    typed = form(number="MRN-1003", other_person="on", other_than=shown_in(told))
    assert doctor.post(NEW, typed).status_code == 422
    assert not Study.objects.exists()


def test_our_script_is_told_whom_it_shows(doctor: Client, known: list[Patient]) -> None:
    typed = form(number="MRN-1003")
    answer = doctor.post(NEW, typed, headers=JSON)
    assert answer.status_code == 422
    assert "MRN-1002" in answer.json()["errors"]["other_person"][0]
    typed |= {"other_person": "on"} | answer.json()["shown"]
    assert doctor.post(NEW, typed, headers=JSON).status_code == 201
