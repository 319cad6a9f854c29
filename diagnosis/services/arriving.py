"""Files in which films arrive: below DATA_DIR and without a name, which they get when they are kept.

So a film is written once, by whichever door it comes, and the kernel clears away what a killed process was
still receiving. Where the system has no such files, they are ordinary temporary ones, and are copied.
"""

import contextlib
import io
import os
import tempfile
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings

_NAMELESS: Final[int | None] = getattr(os, "O_TMPFILE", None)  # Linux; not every file system there
_PART: Final = ".part-"  # as `storage.PART`


class Arriving(io.BufferedRandom):
    """A file below DATA_DIR without a name."""

    def close(self) -> None:
        """Close it; what a full disk did not take by now is wanted no more."""
        with contextlib.suppress(OSError):
            super().close()


def arriving_file() -> IO[bytes]:
    """An empty file for one film; it is gone when it is closed, unless `named` kept it. Raises OSError."""
    if _NAMELESS is not None:
        with contextlib.suppress(OSError):  # of file systems that know no such files; the next way tells
            handle = os.open(settings.DATA_DIR, os.O_RDWR | _NAMELESS, 0o600)
            return Arriving(io.FileIO(handle, "r+b"))
    return tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)


def is_nameless(film: Any) -> bool:
    """Whether a film, or an upload, lies in a file that `named` can keep."""
    return isinstance(getattr(film, "file", film), Arriving)


def named(film: Any, target: Path) -> bool:
    """Give an arrived film its name and flush it to disk; False if it is no nameless file or cannot have one.

    film: the file, or an upload around it. The caller flushes the folder. Raises OSError if the disk fails.
    """
    file = getattr(film, "file", film)
    if not isinstance(file, Arriving):
        return False
    file.flush()
    os.fchmod(file.fileno(), settings.FILE_UPLOAD_PERMISSIONS)
    os.fsync(file.fileno())  # the row that names this file must not outlive it in a power cut
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    try:
        _link(file, target)
    except FileExistsError:  # the same bytes came before; theirs may have been damaged since
        with tempfile.TemporaryDirectory(prefix=_PART, dir=target.parents[1]) as folder:
            _link(file, Path(folder, target.name))
            Path(folder, target.name).replace(target)
    except OSError:
        return False  # another file system, or no /proc: it is copied, and that tells if the disk is ill
    return True


def _link(file: Arriving, target: Path) -> None:
    handle = file.fileno()
    # only with a folder's handle does Python follow the link in /proc; an absolute path needs none
    os.link(f"/proc/self/fd/{handle}", target, src_dir_fd=handle, follow_symlinks=True)
