"""Tells an attempt that the hard time limit ended from one whose worker died of something else.

A worker child that hangs in C code hears no signal and can store nothing before it is killed. So while it
works on a film, an empty file lies beside the film's pictures. Shortly before the limit a thread that needs
no interpreter writes into it where the child hangs. The sweeper reads it: the film of a hung worker would
hang the next one too, that of a worker that was killed or lost its power would not.
"""

import contextlib
import faulthandler
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from diagnosis.models import Scan
from diagnosis.services import storage

MARGIN: Final = 2.0  # seconds; a worker may have begun to count before it claimed the film

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def noted(scan: Scan) -> Iterator[None]:
    """Note it if what happens inside takes as long as the hard time limit; a full disk hinders nobody."""
    path = _path(scan)
    with contextlib.ExitStack() as held:
        note: IO[str] | None = None
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            note = held.enter_context(path.open("w"))
        if note is not None:
            faulthandler.dump_traceback_later(max(MARGIN, settings.ANALYSIS_HARD_SECONDS - MARGIN), file=note)
            held.callback(path.unlink, missing_ok=True)
            held.callback(faulthandler.cancel_dump_traceback_later)
        yield


def ran_out(scan: Scan) -> bool:
    """Whether the scan's last attempt took until the hard time limit; where it hung goes to the log."""
    try:
        hung = _path(scan).read_text()
    except OSError:
        return False
    if hung:
        logger.error("scan %s: attempt %s hung and was killed: %s", scan.pk, scan.attempts, hung)
    return bool(hung)


def _path(scan: Scan) -> Path:
    return storage.path_of(str(storage.pictures_folder(scan) / f"{storage.PART}attempt-{scan.attempts}"))
