"""Room that is given back when a disk is full, so that what is on record can still be read and signed."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

LARGEST = 64 * 1024**2
FULL = 4 * 1024**2  # with less than this free, the database fails before long


class Ballast:
    """A file that takes room while there is plenty and gives it to the database when there is none.

    Films never need it: they are refused while much more is free. It is for the day on which another program
    fills the disk.
    """

    def __init__(self, folder: Path, reserve: int) -> None:
        self._path = folder / "ballast"
        self._size = min(LARGEST, reserve // 2)
        self._reserve = reserve

    def trim(self) -> None:
        """Give the room back if the disk is full; take it again once there is plenty."""
        try:
            free = shutil.disk_usage(self._path.parent).free
        except OSError:
            return
        if self._path.exists():
            if free < FULL:
                with contextlib.suppress(OSError):
                    self._path.unlink()
        elif free > self._reserve + 2 * self._size:
            self._take()

    def _take(self) -> None:
        try:
            with self._path.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, self._size)
                else:  # macOS
                    file.write(bytes(self._size))
        except OSError:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
