"""The model itself neither changes nor deletes a row of the chain."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from accounts.models import AppendOnlyError, AuditEvent
from tests.accounts.audit.chain import faults


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
