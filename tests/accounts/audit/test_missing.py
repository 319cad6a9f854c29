"""Rows that are gone are named."""

import pytest

from accounts.audit import verify
from tests.accounts.audit.chain import LENGTH, sql


@pytest.mark.parametrize("number", [1, 3, LENGTH])
def test_a_deleted_row_is_named(chain: None, number: int) -> None:
    sql("DELETE FROM accounts_auditevent WHERE sequence = %s", number)
    (fault,) = verify()
    assert (fault.sequence, fault.message) == (number, f"event {number} is missing")


def test_several_deleted_rows_are_named_together(chain: None) -> None:
    sql("DELETE FROM accounts_auditevent WHERE sequence IN (2, 3, 5)")
    assert [fault.message for fault in verify()] == ["events 2 to 3 are missing", "event 5 is missing"]


def test_an_emptied_table_is_found(chain: None) -> None:
    sql("DELETE FROM accounts_auditevent")
    assert [fault.message for fault in verify()] == [f"events 1 to {LENGTH} are missing"]
