"""A database that ends a submission to free another one is asked again; what it keeps is kept once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from diagnosis.models import Patient, Scan, Study
from diagnosis.services.intake import submission
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.problems import assert_problem


def ending(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """The database ends so many attempts, each after everything was written, with these errors."""
    write, left = submission._write, list(numbers)

    def write_and_lose(work: Any) -> Any:
        done = write(work)
        if left:
            raise OperationalError(left.pop(0), "Deadlock found when trying to get lock")
        return done

    monkeypatch.setattr(submission, "_write", write_and_lose)


@pytest.mark.parametrize("number", [1205, 1213, 1305])
def test_it_is_tried_again_and_stored_once(
    computer: Computer, film: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    ending(monkeypatch, number, number)
    assert computer.submit(film(), key="one").status_code == 201
    assert [kind.objects.count() for kind in (Patient, Study, Scan)] == [1, 1, 1]


def test_one_that_never_gets_its_turn_is_asked_to_come_back(
    computer: Computer, film: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ending(monkeypatch, *[1213] * 9)
    assert_problem(computer.submit(film()), 503)
    assert not Scan.objects.exists()


def test_other_errors_are_not_repeated(
    computer: Computer, film: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ending(monkeypatch, 2013)
    assert_problem(computer.submit(film()), 503)
    assert not Study.objects.exists()
