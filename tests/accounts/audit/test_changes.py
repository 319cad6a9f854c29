"""A row that was changed or moved by SQL is named."""

from typing import Any

import pytest

from accounts.models import AuditEvent
from tests.accounts.audit.chain import LENGTH, faults, sql


def test_an_untouched_chain_is_whole(chain: None) -> None:
    assert faults() == []


@pytest.mark.parametrize("number", [1, 3, LENGTH])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", 99),
        ("at", "2020-01-01 00:00:00.000001"),
        ("actor", "Person3@a.example"),
        ("clinic_id", 77),
        ("clinic_id", None),
        ("action", "study.viewed "),
        ("subject", "study:another"),
        ("study_id", ""),
        ("facts", '{"number": 99}'),
        ("facts", '{"film": "Größe µ 中", "number": true, "share": 0.30000000000000004}'),
        ("seals", '{"key": "0", "rows": {}}'),
        ("previous_hash", "0" * 64),
        ("hash", "0" * 64),
    ],
)
def test_each_column_changed_is_found_at_its_row(chain: None, number: int, column: str, value: Any) -> None:
    sql(f"UPDATE accounts_auditevent SET {column} = %s WHERE sequence = %s", value, number)
    assert faults() == [number]


def test_a_microsecond_is_a_change(chain: None) -> None:
    event = AuditEvent.objects.get(sequence=2)
    other = event.at.replace(tzinfo=None, microsecond=(event.at.microsecond + 1) % 1_000_000)
    sql("UPDATE accounts_auditevent SET at = %s WHERE sequence = 2", str(other))
    assert faults() == [2]


def test_a_sequence_moved_away_is_a_hole_and_a_stranger(chain: None) -> None:
    sql("UPDATE accounts_auditevent SET sequence = 50 WHERE sequence = 3")
    assert faults() == [3, LENGTH + 1, 50, LENGTH + 1]


def test_two_rows_that_changed_places_are_both_named(chain: None) -> None:
    for old, new in ((2, 1000), (4, 2), (1000, 4)):
        sql("UPDATE accounts_auditevent SET sequence = %s WHERE sequence = %s", new, old)
    assert faults() == [2, 4]


def test_two_row_numbers_that_changed_places_are_both_named(chain: None) -> None:
    for old, new in ((2, 1000), (4, 2), (1000, 4)):
        sql("UPDATE accounts_auditevent SET id = %s WHERE id = %s", new, old)
    assert faults() == [2, 4]
