"""Deletes what would grow for ever and nobody needs any more; records, films and the history never.

Submissions stay: one row a study, without which a request repeated after weeks would become a second study.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from diagnosis.services import batches, export, notice, storage, uploads, webhooks

logger = logging.getLogger(__name__)

MAIL_DAYS: Final = 30  # longer than any link in a mail is valid


def tidy() -> None:
    """Delete what is over: sessions, exports, uploads, drafts of films, old notices and mails, leftovers."""
    each(
        SessionStore.clear_expired,
        export.tidy,
        batches.tidy,
        uploads.tidy,
        notice.forget_old,
        webhooks.forget_old,
        storage.remove_old_leftovers,
        _remove_old_mails,
    )


def each(*errands: Callable[[], object]) -> None:
    """Run them all: one that fails must not leave the others undone, round after round."""
    for errand in errands:
        try:
            errand()
        except Exception:
            logger.exception("%s.%s failed; it is tried again", errand.__module__, errand.__qualname__)


def _remove_old_mails() -> None:
    if not settings.EMAIL_FILE_PATH:
        return
    oldest = time.time() - MAIL_DAYS * 24 * 3600
    for mail in Path(settings.EMAIL_FILE_PATH).glob("*.log"):
        with contextlib.suppress(OSError):
            if mail.stat().st_mtime < oldest:
                mail.unlink()
