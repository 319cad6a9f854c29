"""Wrong fields are named, and no patient is merged with another."""

import pytest

from diagnosis.models import Patient, Scan, Study
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.submit.made import assert_nothing_was_made, assert_problem


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"number": "  "}, "patient_number"),
        ({"number": "x" * 65}, "patient_number"),
        ({"patient_birth_date": "23.04.1961"}, "patient_birth_date"),
        ({"patient_birth_date": "2961-04-23"}, "patient_birth_date"),
        ({"patient_sex": "f"}, "patient_sex"),
        ({"symptoms_onset": "2961-04-23"}, "symptoms_onset"),
        ({"pcr_result": "maybe"}, "pcr_result"),
        ({"taken_at": "yesterday"}, "taken_at"),
        ({"patient_birthdate": "1961-04-23"}, "patient_birthdate"),
        ({"reason": "a\x00b"}, "reason"),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_made(
    computer: Computer, film, fields: dict[str, str], wrong: str
) -> None:
    body = assert_problem(computer.submit(film(), **fields), 400, "invalid")
    assert list(body["errors"]) == [wrong]
    assert_nothing_was_made()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"patient_sex": "M"}, "female, male, other, unknown"),
        ({"pcr_result": "+"}, "unknown, pending, positive, negative"),
        ({"patient_birthdate": "1961-04-23"}, "Did you mean “patient_birth_date”?"),
        ({"colour": "x"}, "The fields are: accession_number, "),
        ({"urgent": "soon"}, "Send true or false"),
        ({"taken_at": "2026-03-02T08:15:00"}, "Add the time zone"),
        ({"taken_at": "2026-03-02"}, "Send the time too"),
        ({"taken_at": "20260302"}, "Send the time too"),
        ({"taken_at": "2026-02-30T08:15:00Z"}, "with its zone"),
        ({"taken_at": "soon"}, "with its zone"),
    ],
)
def test_an_error_says_what_is_expected_and_not_what_was_sent(
    computer: Computer, film, fields: dict[str, str], words: str
) -> None:
    body = assert_problem(computer.submit(film(), **fields), 400, "invalid")
    ((name, value),) = fields.items()
    assert list(body["errors"]) == [name]
    assert words in body["errors"][name][0]
    assert f"“{value}”" not in body["errors"][name][0]
    assert_nothing_was_made()


def test_a_time_with_its_zone_is_that_point_in_time(computer: Computer, film, settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    for seed, sent in enumerate(["2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"]):
        assert computer.submit(film(seed), taken_at=sent).status_code == 201
    assert {study.taken_at.isoformat() for study in Study.objects.all()} == {"2026-10-25T01:30:00+00:00"}


def test_a_field_sent_twice_is_not_guessed(computer: Computer, film) -> None:
    body = assert_problem(computer.submit(film(), patient_last_name=["A", "B"]), 400, "invalid")
    assert list(body["errors"]) == ["patient_last_name"]


def test_another_patient_under_the_number_is_never_merged(computer: Computer, film) -> None:
    computer.submit(film(1), patient_last_name="Phantom", patient_birth_date="1961-04-23")
    response = computer.submit(film(2), patient_last_name="Other", patient_birth_date="1961-04-23")
    body = assert_problem(response, 409, "patient_mismatch")
    assert list(body["errors"]) == ["patient_last_name"]
    assert "Phantom" not in response.content.decode()
    assert (Study.objects.count(), Scan.objects.count()) == (1, 1)
    assert Patient.objects.get().last_name == "Phantom"
