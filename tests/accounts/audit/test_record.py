"""What is put on record comes back exactly, or was never there."""

import json
import math
import uuid
from typing import Any

import pytest
from django.db import transaction

from accounts import audit
from accounts.models import AuditEvent, AuditHead
from tests.accounts.audit.chain import LENGTH, faults
from tests.conftest import Cast


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


def test_everybody_is_named_in_words(cast: Cast) -> None:
    assert audit.actor_name(cast.doctor) == "doctor@a.example"
    assert audit.actor_name("script") == "script"
    assert audit.actor_name(None) == "carina"
