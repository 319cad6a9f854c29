"""Stores the archives that an operator enters, on record and without their credentials."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from diagnosis.models import Archive

TOLD = ("name", "protocol", "host", "port", "ae_title", "calling_ae_title", "tls", "url", "active")


def store_archive(*, archive: Archive, by: User, fields: Iterable[str] | None = None) -> None:
    """Store a new archive or its changed `fields`; audit `archive.created` or `archive.changed`."""
    changed = sorted(fields) if fields is not None else None
    action = "archive.created" if archive.pk is None else "archive.changed"
    with transaction.atomic():
        archive.save(update_fields=changed)
        facts: dict[str, Any] = {name: getattr(archive, name) for name in TOLD}
        facts |= {"changed": changed} if changed is not None else {}
        _record(archive, action, by, facts, rows=[audit.Stored(archive, changed)])


def note_trial(*, archive: Archive, by: User, worked: bool) -> None:
    """Audit `archive.tried`: somebody asked whether it answers."""
    _record(archive, "archive.tried", by, {"name": archive.name, "answered": worked})


def _record(
    archive: Archive, action: str, by: User, facts: dict[str, Any], rows: Iterable[audit.Stored] = ()
) -> None:
    subject = f"archive:{archive.public_id}"
    audit.record(
        actor=by, action=action, subject=subject, clinic=archive.clinic, facts=facts, rows=list(rows)
    )
