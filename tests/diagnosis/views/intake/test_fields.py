"""What cannot be is said at its field, and the rest is kept."""

import pytest
from django.test import Client

from diagnosis.models import Patient, Study
from tests.diagnosis.views.intake.form import NEW, film, form


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": ""}, "This field is required"),
        ({"birth_date": "31 April"}, "Enter a valid date"),
        ({"birth_date": "2999-01-01"}, "is in the future"),
        ({"taken_at": "soon"}, "Enter a valid date/time"),
        ({"sex": "x"}, "Select a valid choice"),
        ({"reason": "r" * 501}, "at most 500 characters"),
        ({"number": "a\x00b"}, "contains a control character"),
        ({"last_name": "M\ufffdller"}, "Some letters were lost"),
        ({"first_name": "a\u202eb"}, "turns the direction"),
    ],
)
def test_what_cannot_be_is_said_at_the_field_and_the_rest_is_kept(
    technician: Client, wrong: dict[str, str], words: str
) -> None:
    response = technician.post(NEW, form(symptoms="typed with care", films=[film()], **wrong))
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert "typed with care" in page
    assert "film.png" in page, "the page says which file must be chosen again"
    assert not Study.objects.exists()
    assert not Patient.objects.exists()


@pytest.mark.parametrize("taken", ["0026-05-01T10:00", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_time_that_cannot_be_is_said_at_the_field(technician: Client, taken: str) -> None:
    response = technician.post(NEW, form(taken_at=taken))
    assert response.status_code == 422
    assert response.context["form"].errors["taken_at"]


def test_a_film_is_not_older_than_its_patient(technician: Client) -> None:
    response = technician.post(NEW, form(taken_at="2019-05-01T10:00", birth_date="2020-05-01"))
    assert response.status_code == 422
    assert response.context["form"].errors["birth_date"]
