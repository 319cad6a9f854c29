"""Deletes what would grow for ever and nobody needs any more; records, films and the history never.

Submissions stay: one row a study, without which a request repeated after weeks would become a second study.
"""

import contextlib
import time
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from diagnosis.services import batches, export, storage, uploads

MAIL_DAYS: Final = 30  # longer than any link in a mail is valid


def tidy() -> None:
    """Delete what is over: sessions, exports, uploads, drafts of many films, what was killed, old mails."""
    SessionStore.clear_expired()
    export.tidy()
    batches.tidy()
    uploads.tidy()
    storage.remove_old_leftovers()
    _remove_old_mails()


def _remove_old_mails() -> None:
    if not settings.EMAIL_FILE_PATH:
        return
    oldest = time.time() - MAIL_DAYS * 24 * 3600
    for mail in Path(settings.EMAIL_FILE_PATH).glob("*.log"):
        with contextlib.suppress(OSError):
            if mail.stat().st_mtime < oldest:
                mail.unlink()
