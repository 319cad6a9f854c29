"""Dates and names that cannot be are said beside their field."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from diagnosis.models import Patient, Study
from diagnosis.services import patients


def test_dates_that_cannot_be_are_named() -> None:
    now = timezone.now()
    future = now.date() + timedelta(days=3)
    problems = patients.implausible(
        {"birth_date": future, "symptoms_onset": date(1492, 1, 1), "taken_at": now + timedelta(days=2)}
    )
    assert set(problems) == {"birth_date", "symptoms_onset", "taken_at"}
    assert not patients.implausible({"birth_date": date(1930, 1, 1), "symptoms_onset": None, "taken_at": now})


@pytest.mark.parametrize(
    "taken", [datetime(26, 5, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=timezone.get_fixed_timezone(14 * 60))]
)
def test_a_film_from_before_there_were_films_is_a_slip_of_the_pen(taken: datetime) -> None:
    assert patients.implausible({"taken_at": taken}) == {"taken_at": "This time is too far in the past."}


def test_a_name_that_grows_too_long_when_it_is_composed_is_said_beside_its_field() -> None:
    letter = "\N{DEVANAGARI LETTER QA}"  # one character that composing turns into two
    assert set(patients.implausible({"number": letter * 40, "first_name": letter * 40})) == {"number"}


@pytest.mark.parametrize("name", patients.LENGTHS)
def test_a_text_may_be_as_long_as_its_column_and_no_longer(name: str) -> None:
    model = Patient if name in {field.name for field in Patient._meta.get_fields()} else Study
    longest = model._meta.get_field(name).max_length
    assert not patients.implausible({name: "x" * longest})
    assert set(patients.implausible({name: "x" * (longest + 1)})) == {name}
