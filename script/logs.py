"""Keeps the logs of running programs small: each has one file and one older one, whatever it writes."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

LOG_BYTES = 10_000_000


def keep_small(path: Path, limit: int = LOG_BYTES) -> None:
    """Move what a log holds into its older file once it is over the limit.

    The program keeps its file open and appends to it, so the file is copied and emptied in place. Where there
    is no room for the copy, the older lines are given up: a log must not be what fills a disk.
    """
    try:
        if path.stat().st_size <= limit:
            return
    except OSError:
        return
    older = path.with_suffix(".old.log")
    with contextlib.suppress(OSError):
        older.unlink(missing_ok=True)
    try:
        shutil.copyfile(path, older)
    except OSError:
        with contextlib.suppress(OSError):
            older.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        os.truncate(path, 0)
