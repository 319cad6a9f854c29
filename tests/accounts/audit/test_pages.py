"""A long chain is read in pages, and nothing is overlooked where one ends."""

import pytest

from accounts import audit
from accounts.audit import RowComparison, rows, verification
from accounts.models import AuditEvent
from tests.accounts.audit.chain import LENGTH, faults, sql
from tests.conftest import Cast


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "PAGE", 2)
    monkeypatch.setattr(rows, "PAGE", 2)
    monkeypatch.setattr(rows, "AT_ONCE", 2)


@pytest.mark.parametrize("number", range(1, LENGTH + 1))
def test_every_event_is_compared(chain: None, number: int) -> None:
    assert faults() == []
    sql("UPDATE accounts_auditevent SET actor = 'x' WHERE sequence = %s", number)
    assert faults() == [number]


@pytest.mark.parametrize("number", range(1, LENGTH + 1))
def test_every_missing_event_is_named(chain: None, number: int) -> None:
    sql("DELETE FROM accounts_auditevent WHERE sequence = %s", number)
    assert faults() == [number]


def test_every_event_is_shown_to_whoever_watches(chain: None) -> None:
    shown: list[AuditEvent] = []
    assert list(audit.verify(shown.append)) == []
    assert [event.sequence for event in shown] == list(range(1, LENGTH + 1))


def test_an_event_appended_while_the_chain_is_read_is_compared_and_shown(
    chain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []

    def watch(event: AuditEvent) -> None:
        shown.append(event.sequence)
        if event.sequence == LENGTH:
            audit.record(actor="test", action="test.done", subject="thing:1")

    assert list(audit.verify(watch)) == []
    assert shown == list(range(1, LENGTH + 2))


def test_every_row_is_compared(cast: Cast) -> None:
    """The cast came about past the portal: each of its nine people and two clinics is named, once."""
    comparison = RowComparison()
    found = list(comparison.faults())
    assert comparison.rows == len(found) == len({fault.message for fault in found}) == 11
