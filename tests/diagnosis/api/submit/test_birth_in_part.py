"""A computer sends what is known of a birth date, and reads the same."""

from typing import Any

import pytest

from diagnosis.models import Patient
from tests.diagnosis.api.conftest import Computer


@pytest.mark.parametrize("sent", ["1961", "1961-04", "1961-04-12"])
def test_the_same_text_comes_out(computer: Computer, film: Any, sent: str) -> None:
    answer = computer.submit(film(1), patient_birth_date=sent, patient_birth_estimated="true")
    assert answer.status_code == 201
    body = computer.read(answer.json()["url"]).json()
    assert (body["patient_birth_date"], body["patient_birth_estimated"]) == (sent, True)


def test_what_is_not_known_is_null(computer: Computer, film: Any) -> None:
    body = computer.read(computer.submit(film(1)).json()["url"]).json()
    assert (body["patient_birth_date"], body["patient_birth_estimated"]) == (None, False)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"patient_birth_date": "1961-13"}, "1961, 1961-04 or 1961-04-12"),
        ({"patient_birth_date": "04/1961"}, "1961, 1961-04 or 1961-04-12"),
        ({"patient_birth_date": "1961-04-12T00:00"}, "1961, 1961-04 or 1961-04-12"),
        ({"patient_birth_estimated": "true"}, "the year is enough"),
        ({"patient_birth_date": "1961", "patient_birth_estimated": "perhaps"}, "true or false"),
    ],
)
def test_what_is_no_birth_date_is_refused_in_words(
    computer: Computer, film: Any, fields: dict[str, str], words: str
) -> None:
    answer = computer.submit(film(1), **fields)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Patient.objects.exists()


def test_a_year_under_a_known_number_is_no_contradiction(computer: Computer, film: Any) -> None:
    computer.submit(film(1), number="7", patient_birth_date="1961-04-12")
    assert computer.submit(film(2), number="7", patient_birth_date="1961").status_code == 201
    answer = computer.submit(film(3), number="7", patient_birth_date="1962")
    assert answer.status_code == 409
    assert answer.json()["errors"] == {"patient_birth_date": ["Differs from the record."]}
