"""A row or a head that somebody made up, or spoiled, is found at its place."""

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import audit
from accounts.models import AuditEvent
from tests.accounts.audit.chain import LENGTH, faults, sql


def test_a_row_rewritten_with_a_fitting_hash_is_found_at_that_row(chain: None) -> None:
    """Somebody who knows how the hash is made, but does not rewrite all that follows."""
    event = AuditEvent.objects.get(sequence=3)
    event.actor = "somebody.else@a.example"
    sql(
        "UPDATE accounts_auditevent SET actor = %s, hash = %s WHERE sequence = 3",
        event.actor,
        audit.event_hash(event),
    )
    assert faults() == [3]


def test_the_last_row_rewritten_is_found_by_the_head(chain: None) -> None:
    event = AuditEvent.objects.get(sequence=LENGTH)
    event.actor = "somebody.else@a.example"
    sql(
        "UPDATE accounts_auditevent SET actor = %s, hash = %s WHERE sequence = %s",
        event.actor, audit.event_hash(event), LENGTH,
    )  # fmt: skip
    assert faults() == [LENGTH]


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE accounts_audithead SET hash = '00'", LENGTH),
        ("UPDATE accounts_audithead SET sequence = 4", 5),
        ("UPDATE accounts_audithead SET sequence = 8", LENGTH + 1),
        ("DELETE FROM accounts_audithead", LENGTH),
    ],
)
def test_a_changed_head_is_found(chain: None, statement: str, where: int) -> None:
    sql(statement)
    assert faults() == [where]


def test_a_row_slipped_in_is_found(chain: None) -> None:
    event = AuditEvent.objects.get(sequence=LENGTH)
    AuditEvent.objects.create(
        pk=LENGTH + 1, sequence=LENGTH + 1, at=event.at, actor="ghost", action="x", subject="y", hash="1",
        previous_hash=event.hash,
    )  # fmt: skip
    assert LENGTH + 1 in faults()


def test_a_value_that_cannot_even_be_read_is_named_and_the_rest_is_checked(chain: None) -> None:
    sql("UPDATE accounts_auditevent SET actor = 'x' WHERE sequence = 5")
    broken = "UPDATE accounts_auditevent SET at = 'yesterday' WHERE sequence = 3"
    if connection.vendor == "sqlite":
        sql(broken)
        assert faults() == [3, 5]
        return
    with pytest.raises(DatabaseError), transaction.atomic():  # only SQLite keeps a text where a time belongs
        sql(broken)
    assert faults() == [5]
