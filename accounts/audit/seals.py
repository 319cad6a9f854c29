"""Seals of rows: what an event vouches for in the rows that it wrote, field by field.

A seal is a keyed digest, so that the chain, which is never erased, tells nothing of a patient, and so that
nobody makes one without the audit key. It covers the row's name, the field, the value and the event's own
number: a seal copied from another event, row or field does not fit. An event seals only what it wrote. A
field that somebody changed past the portal is therefore not sealed by the next honest change of another one.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import models

from accounts.audit import keys
from accounts.models import Audited

PURPOSE = "carina row"
BYTES = 8

# By row (kind and public id) and field: the value as text.
Texts = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Stored:
    """A row that a change stored, and the fields that it wrote; None: all of them, for the row is new."""

    row: models.Model
    fields: Sequence[str] | None = None


def audited(model: type[models.Model]) -> Audited | None:
    """What the chain vouches for in rows of this model, or None."""
    found = getattr(model, "AUDITED", None)
    return found if isinstance(found, Audited) else None


def columns(facts: Audited) -> tuple[str, ...]:
    """The sealed fields, and the row's number, which other rows refer to."""
    return ("id", *facts.fields)


def texts_of(rows: Iterable[Stored]) -> Texts:
    """The rows' sealed values as the database has them now, in the transaction of the change."""
    found: Texts = {}
    for stored in rows:
        facts = audited(type(stored.row))
        assert facts is not None, f"{type(stored.row).__name__} is not AUDITED"
        written = columns(facts) if stored.fields is None else stored.fields
        names = [name for name in columns(facts) if name in written]
        if names:
            rows_of = type(stored.row)._base_manager.filter(pk=stored.row.pk)
            key, texts = named(facts, rows_of.values("public_id", *names).get())
            found.setdefault(key, {}).update(texts)
    return found


def named(facts: Audited, values: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The row's name in the record and its values as texts, from a row of `values()`."""
    public_id = values.pop("public_id")
    return f"{facts.kind}:{public_id}", {name: _text(value) for name, value in values.items()}


def sealed(texts: Texts, sequence: int) -> dict[str, Any] | None:
    """What an event's `seals` hold; None where it vouches for nothing."""
    if not texts:
        return None
    rows = {
        row: {
            name: keys.sign(PURPOSE, _message(row, name, text, sequence), BYTES)
            for name, text in values.items()
        }
        for row, values in texts.items()
    }
    return {"key": keys.key_names()[0], "rows": rows}


def fits(row: str, name: str, text: str, sequence: int, seal: str) -> bool:
    """Whether the event with this number stored this value."""
    return keys.fits(PURPOSE, _message(row, name, text, sequence), seal)


def _message(row: str, name: str, text: str, sequence: int) -> str:
    return f"{sequence} {row} {name} {text}"


def _text(value: Any) -> str:
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """The value in a form that is the same on every database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.9g}"  # not every database returns the last digits as stored
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
