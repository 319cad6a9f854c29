"""Corrects a row under its lock: only what differs, and nothing that is newer than what the person saw."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from diagnosis import spelling
from diagnosis.models import Patient, Study


class Outdated(Exception):
    """Somebody changed these fields after the page was shown; `newer` holds what the record says now."""

    def __init__(self, newer: Mapping[str, Any]) -> None:
        super().__init__()
        self.newer = dict(newer)


def check_shown(locked: Patient | Study, shown: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Raise Outdated for each value that is newer than the one shown and not the one wanted."""
    newer = {}
    for name, before in shown.items():
        now = getattr(locked, name)
        if _seen(now) != _seen(before) and now != values.get(name):
            newer[name] = now
    if newer:
        raise Outdated(newer)


def _seen(value: Any) -> Any:
    """The value as a form shows it: a time to the minute, by the clock on the wall; nothing as no text."""
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, second=0, microsecond=0)
    if isinstance(value, str):
        return spelling.tidy(value)
    return "" if value is None else value


def change_fields(row: Patient | Study, values: Mapping[str, Any]) -> list[str]:
    """Set and save the values that differ; returns the changed fields' names, sorted."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed and isinstance(row, Study):
        row.changed_at = timezone.now()
        row.save(update_fields=[*changed, "changed_at"])
    elif changed and isinstance(row, Patient):
        row.save(update_fields=changed)
        # Whoever mirrors the studies has the patient's facts with them.
        Study.objects.filter(patient=row).update(changed_at=timezone.now())
    return sorted(changed)
