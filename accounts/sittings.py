"""A reader's sitting, and which records a list has shown them in it.

A person sits from signing in to signing out; a clinic's computer, which never signs out, for a day. Looks are
put on record once a sitting, so that an auditor reads who saw what and not how often a page was loaded.

What was shown is remembered in the cache. Without the cache an event is written more often, never less.
"""

import json
from collections.abc import Iterable
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone


def sitting_of(request: HttpRequest) -> str:
    """The sitting of whoever is signed in."""
    return request.session.session_key or ""


def computers_sitting() -> str:
    """The sitting of every computer that uses the API now."""
    return f"{timezone.now():%Y-%m-%d}"


def not_shown_yet(subjects: Iterable[str], *, reader: str, sitting: str) -> list[str]:
    """The subjects that no list has shown to this reader in this sitting."""
    keys = {_key(sitting, reader, subject): subject for subject in subjects}
    shown = cache.get_many(keys) if sitting else {}
    return [subject for key, subject in keys.items() if key not in shown]


def note_shown(subjects: Iterable[str], *, reader: str, sitting: str) -> None:
    """Remember that a list has shown these subjects. Call it once that is on record."""
    if sitting:
        cache.set_many(
            {_key(sitting, reader, subject): 1 for subject in subjects}, timeout=settings.SESSION_COOKIE_AGE
        )


def _key(*words: str) -> str:
    return f"carina:shown:{sha256(json.dumps(words).encode()).hexdigest()}"  # the session's key opens it
