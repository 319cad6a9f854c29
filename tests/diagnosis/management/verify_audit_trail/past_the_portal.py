"""Changes of rows by SQL, past every service, and what the comparison says of them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

from accounts import audit
from accounts.audit import RowComparison


def compared() -> tuple[list[str], RowComparison]:
    rows = RowComparison()
    assert list(audit.verify(rows.take)) == []
    return [fault.message for fault in rows.faults()], rows


def faults() -> list[str]:
    return compared()[0]


def rows_of(model: type[models.Model]) -> models.QuerySet[Any]:
    """The table itself: the append-only models' own querysets change nothing."""
    return models.QuerySet(model)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside, foreign keys unchecked, is rolled back in the end."""
    with connection.constraint_checks_disabled(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def another(row: models.Model, name: str) -> Any:
    """A value that the field does not have."""
    value = getattr(row, row._meta.get_field(name).attname)
    field = row._meta.get_field(name)
    if isinstance(field, models.BooleanField):
        return None if value and field.null else not value
    if isinstance(field, models.ForeignKey):
        others = rows_of(field.related_model).exclude(pk=value).order_by("-pk")
        return others.values_list("pk", flat=True).first() or 10**6
    if isinstance(field, models.JSONField):
        return [*value, "made up"] if isinstance(value, list) else {**value, "made up": 1.5}
    if isinstance(field, models.DateTimeField):
        return value + timedelta(microseconds=1) if value else datetime(2020, 1, 1).astimezone()
    if isinstance(field, models.DateField):
        return value + timedelta(days=1) if value else date(2020, 1, 1)
    if isinstance(field, models.FloatField):
        return (value or 0.25) * 1.0001
    if isinstance(field, models.IntegerField):
        return value + 1
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    return f"x{value}"[: field.max_length]
