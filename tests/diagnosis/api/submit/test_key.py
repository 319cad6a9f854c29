"""A repeat with its key does no harm."""

import pytest

from accounts.models import AuditEvent
from diagnosis.models import Scan, Study
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.submit.made import PDF, assert_nothing_was_made, assert_problem


def test_a_repeat_with_its_key_returns_the_first_answer(computer: Computer, film) -> None:
    first = computer.submit(film(1), film(name="x.png", content=PDF), key="7f1f6f0c")
    events = AuditEvent.objects.count()
    again = computer.submit(film(1), film(name="x.png", content=PDF), key="7f1f6f0c")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert (Study.objects.count(), Scan.objects.count()) == (1, 1)
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize(("seed", "fields"), [(1, {"reason": "Other"}), (2, {"reason": "Cough"}), (1, {})])
def test_a_key_with_other_content_is_refused(
    computer: Computer, film, seed: int, fields: dict[str, str]
) -> None:
    computer.submit(film(1), key="k", reason="Cough")
    assert_problem(computer.submit(film(seed), key="k", **fields), 422, "key_reused")
    assert Study.objects.count() == 1


def test_keys_differ_by_case_and_by_clinic(computer: Computer, their_computer: Computer, film) -> None:
    assert computer.submit(film(1), key="key").status_code == 201
    assert computer.submit(film(2), key="KEY").status_code == 201
    assert their_computer.submit(film(1), key="key").status_code == 201
    assert Study.objects.count() == 3


def test_after_a_refusal_the_key_is_free_for_the_corrected_request(computer: Computer, film) -> None:
    assert computer.submit(film(content=PDF), key="k").status_code == 422
    assert computer.submit(film(1), key="k").status_code == 201


def test_an_unusable_key_is_refused(computer: Computer, film) -> None:
    assert_problem(computer.submit(film(), key="k" * 201), 400, "bad_key")
    assert_nothing_was_made()
