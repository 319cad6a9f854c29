"""Stores the phrases that a clinic's doctors put into their notes, on record."""

from collections.abc import Iterable

from django.db import transaction

from accounts import audit
from accounts.models import User
from diagnosis.models import Phrase


def store_phrase(*, phrase: Phrase, by: User, fields: Iterable[str] | None = None) -> None:
    """Store a new phrase or its changed `fields`; audit `phrase.created` or `phrase.changed`."""
    changed = sorted(fields) if fields is not None else None
    action = "phrase.created" if phrase.pk is None else "phrase.changed"
    with transaction.atomic():
        phrase.save(update_fields=changed)
        audit.record(
            actor=by,
            action=action,
            subject=f"phrase:{phrase.public_id}",
            clinic=phrase.clinic,
            facts={"title": phrase.title},
            rows=[audit.Stored(phrase, changed)],
        )
