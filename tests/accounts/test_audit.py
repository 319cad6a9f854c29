"""The chain names the row that was touched, whatever was done to it by SQL."""

import io
import json
import math
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from accounts import audit
from accounts.audit import GENESIS, verify
from accounts.models import AppendOnlyError, AuditEvent, AuditHead, Clinic
from tests.conftest import Cast

LENGTH = 6


@pytest.fixture
def chain(db: None) -> None:
    clinic = Clinic.objects.create(name="Clinic A")
    for number in range(1, LENGTH + 1):
        audit.record(
            actor=f"person{number}@a.example",
            action="study.viewed",
            subject=f"study:{uuid.uuid4()}",
            clinic=clinic,
            study_id=uuid.uuid4(),
            facts={"number": number, "film": "Größe µ 中", "share": 0.1 + 0.2},
        )


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def faults() -> list[int]:
    return [fault.sequence for fault in verify()]


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


def test_two_rows_that_changed_places_are_both_named(chain: None) -> None:
    for old, new in ((2, 1000), (4, 2), (1000, 4)):
        sql("UPDATE accounts_auditevent SET sequence = %s WHERE sequence = %s", new, old)
    assert faults() == [2, 4]


def test_two_row_numbers_that_changed_places_are_both_named(chain: None) -> None:
    for old, new in ((2, 1000), (4, 2), (1000, 4)):
        sql("UPDATE accounts_auditevent SET id = %s WHERE id = %s", new, old)
    assert faults() == [2, 4]


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


@pytest.mark.parametrize(
    "facts",
    [
        {"b": 1, "a": {"z": [1, 2, {"y": None}], "k": True}},
        {"share": 0.1 + 0.2, "tiny": 5e-324, "huge": 1.7976931348623157e308, "whole": 5.0, "minus": -0.0},
        {"third": 1 / 3, "exponent": 1e22, "sum": sum(1 / n for n in range(1, 200))},
        {"integer": 2**53, "beyond": 2**53 + 1, "far": 10**400, "negative": -(2**63)},
        {"not a number": math.nan, "infinite": [math.inf, -math.inf]},
        {"text": "Größe µ 中 🫁 \u2028 \\ \" ' \x00 \ud800", "": "empty key", "\ud800": "half a letter"},
        {"when": uuid.UUID(int=7), "pair": (1, 2), "set": {3}, 4: "number as key"},
        {},
    ],
)
def test_facts_survive_the_round_trip(db: None, facts: dict[Any, Any]) -> None:
    event = audit.record(actor="test", action="test.done", subject="thing:1", facts=facts)
    assert faults() == []
    assert AuditEvent.objects.get(pk=event.pk).facts == event.facts
    json.dumps(event.facts, allow_nan=False)


def test_actors_longer_than_the_column_or_odd_do_not_stop_the_record(db: None) -> None:
    audit.record(actor="x" * 300 + "\ud800", action="test.done", subject="thing:1")
    audit.record(actor=None, action="test.done", subject="thing:1")
    assert faults() == []
    assert AuditEvent.objects.get(sequence=2).actor == "carina"


def test_what_is_rolled_back_is_not_on_record_and_leaves_no_hole(chain: None) -> None:
    with transaction.atomic():
        audit.record(actor="test", action="test.undone", subject="thing:1")
        transaction.set_rollback(True)
    audit.record(actor="test", action="test.done", subject="thing:1")
    assert faults() == []
    assert list(AuditEvent.objects.filter(sequence__gt=LENGTH).values_list("action", flat=True)) == [
        "test.done"
    ]


def test_a_chain_without_its_head_takes_nothing_more(chain: None) -> None:
    AuditHead.objects.all().delete()
    with pytest.raises(audit.ChainBroken, match="verify_audit_trail"):
        audit.record(actor="test", action="test.done", subject="thing:1")


def _bulk(**options: Any) -> Callable[[AuditEvent], Any]:
    return lambda event: AuditEvent.objects.bulk_create([event], **options)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda event: event.save(),
        lambda event: event.delete(),
        lambda event: AuditEvent.objects.update(actor="x"),
        lambda event: AuditEvent.objects.filter(pk=event.pk).delete(),
        lambda event: AuditEvent.objects.all().delete(),
        lambda event: AuditEvent.objects.bulk_update([event], ["actor"]),
        lambda event: AuditEvent.objects.update_or_create(pk=event.pk, defaults={"actor": "x"}),
        _bulk(update_conflicts=True, update_fields=["actor"], unique_fields=["sequence"]),
        _bulk(ignore_conflicts=True),
    ],
)
def test_the_models_own_ways_to_change_a_row_are_shut(
    chain: None, attempt: Callable[[AuditEvent], Any]
) -> None:
    with pytest.raises(AppendOnlyError):
        attempt(AuditEvent.objects.get(sequence=2))
    assert faults() == []


def test_a_row_made_up_with_a_known_key_overwrites_nothing(chain: None) -> None:
    event = AuditEvent.objects.get(sequence=2)
    values = {field.attname: getattr(event, field.attname) for field in event._meta.fields}
    made_up = AuditEvent(**{**values, "actor": "x"})
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"), transaction.atomic():
        made_up.save()
    assert faults() == []


class TestCommand:
    def test_prints_the_count_and_the_head(self, chain: None) -> None:
        out = io.StringIO()
        call_command("verify_audit_trail", stdout=out)
        head = AuditHead.objects.get(pk=1)
        assert f"{LENGTH} events" in out.getvalue()
        assert f"head {LENGTH}:{head.hash}" in out.getvalue()

    def test_an_empty_chain_is_whole(self, db: None) -> None:
        out = io.StringIO()
        call_command("verify_audit_trail", stdout=out)
        assert f"head 0:{GENESIS}" in out.getvalue()

    def test_names_each_fault_and_fails(self, chain: None) -> None:
        sql("UPDATE accounts_auditevent SET actor = 'x' WHERE sequence = 2")
        sql("DELETE FROM accounts_auditevent WHERE sequence = 5")
        errors = io.StringIO()
        with pytest.raises(CommandError, match="2 fault"):
            call_command("verify_audit_trail", stderr=errors)
        assert "event 2: event 2 was changed" in errors.getvalue()
        assert "event 5: event 5 is missing" in errors.getvalue()

    def test_a_rewritten_end_is_found_by_a_head_noted_before(self, chain: None) -> None:
        """The one thing that the chain alone cannot show: all rows from one on, and the head, made anew."""
        head = AuditHead.objects.get(pk=1)
        noted = f"{head.sequence}:{head.hash}"
        call_command("verify_audit_trail", noted=[noted], stdout=io.StringIO())
        before = AuditEvent.objects.get(sequence=3)
        sql("DELETE FROM accounts_auditevent WHERE sequence > 3")
        sql("UPDATE accounts_audithead SET sequence = 3, hash = %s", before.hash)
        for _ in range(LENGTH - 3):
            audit.record(actor="ghost", action="study.viewed", subject="study:1")
        assert faults() == []
        with pytest.raises(CommandError):
            call_command("verify_audit_trail", noted=[noted], stderr=io.StringIO())

    def test_a_noted_head_that_is_none_is_explained(self, db: None) -> None:
        with pytest.raises(CommandError, match="NUMBER:HASH"):
            call_command("verify_audit_trail", noted=["yes"])


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_keep_one_chain() -> None:
    writers, each = 8, 12
    start, broken = threading.Barrier(writers), []

    def write(name: str) -> None:
        try:
            start.wait()
            for number in range(each):
                with transaction.atomic():
                    Clinic.objects.create(name=f"{name} {number}")
                    audit.record(actor=name, action="test.done", subject=f"thing:{number}")
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(f"writer{number}",)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert faults() == []
    assert AuditEvent.objects.filter(action="test.done").count() == writers * each
    for number in range(writers):
        subjects = AuditEvent.objects.filter(actor=f"writer{number}").values_list("subject", flat=True)
        assert list(subjects) == [f"thing:{place}" for place in range(each)]


def test_everybody_is_named_in_words(cast: Cast) -> None:
    assert audit.actor_name(cast.doctor) == "doctor@a.example"
    assert audit.actor_name("script") == "script"
    assert audit.actor_name(None) == "carina"
