"""A form sent twice makes one study, a corrected one another."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from diagnosis.models import Scan, Study
from tests.diagnosis.views.intake.form import NEW, film, form
from tests.diagnosis.views.pages import text_of


def test_the_same_form_sent_twice_makes_one_study(technician: Client) -> None:
    sent = form()
    for _ in range(2):
        response = technician.post(NEW, {**sent, "films": [film()]}, follow=True)
    assert Study.objects.count() == Scan.objects.count() == 1
    assert "already entered" in text_of(response)


@pytest.mark.parametrize("entry", ["", "not a number"])
def test_a_form_that_lost_its_hidden_number_is_entered_all_the_same_once(
    technician: Client, entry: str
) -> None:
    sent = form(entry=entry)
    for _ in range(2):
        assert technician.post(NEW, sent).status_code == 302
    assert Study.objects.count() == 1
    again = technician.post(NEW, sent | {"number": ""})
    assert list(again.context["form"].errors) == ["number"]


def test_going_back_and_correcting_the_number_makes_a_study_of_its_own(technician: Client) -> None:
    sent = form()
    technician.post(NEW, sent)
    technician.post(NEW, sent | {"number": "P-10", "other_person": "on"})
    assert sorted(Study.objects.values_list("patient__number", flat=True)) == ["P-10", "P-9"]


def test_going_back_and_sending_again_leaves_no_empty_study(technician: Client) -> None:
    """The page that is loaded again has another hidden number."""
    sent = form()
    technician.post(NEW, {**sent, "films": [film()]})
    again = technician.post(NEW, {**sent, "entry": str(uuid.uuid4()), "films": [film()]}, follow=True)
    assert Study.objects.count() == Scan.objects.count() == 1
    assert "already entered" in text_of(again)


@pytest.mark.parametrize("other", [{"reason": "follow-up"}, {"taken_at": "2026-01-02T03:04"}])
def test_another_examination_of_the_patient_is_a_study_of_its_own(
    technician: Client, other: dict[str, str]
) -> None:
    sent = form()
    technician.post(NEW, sent)
    technician.post(NEW, sent | {"entry": str(uuid.uuid4())} | other)
    assert Study.objects.count() == 2


def test_what_a_colleague_or_somebody_earlier_entered_is_another_study(
    technician: Client, doctor: Client
) -> None:
    sent = form()
    technician.post(NEW, sent)
    doctor.post(NEW, sent | {"entry": str(uuid.uuid4())})
    assert Study.objects.count() == 2
    Study.objects.update(created_at=timezone.now() - timedelta(hours=2))
    technician.post(NEW, sent | {"entry": str(uuid.uuid4())})
    assert Study.objects.count() == 3
