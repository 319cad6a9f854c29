"""What a decoding process may take, and how it is held to that."""

import contextlib
import ctypes
import gc
import math
import mmap
import os
import resource
import signal
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_libc: Final = ctypes.CDLL(None)


@dataclass(frozen=True)
class Limits:
    """What one film may take. seconds: of computing. megabytes: of memory, beyond what the caller has."""

    seconds: float = 10
    megabytes: int = 512  # GDCM takes 384 for a JPEG Lossless film of 18 megapixels

    @property
    def much(self) -> int:
        """Bytes that a decoder has taken which then failed for want of more: a good part of its memory."""
        return self.megabytes * 1024**2 // 3

    @property
    def on_the_clock(self) -> float:
        """Seconds until a film is stopped that computes nothing, or waits for others that do."""
        return 1.5 * self.seconds


def confine(limits: Limits, caller: int, keep: Collection[int]) -> None:
    """Limit this process for the rest of its life, and close all its files but `keep`."""
    gc.disable()  # it would touch, and so copy, every page that is shared with the caller
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the caller decides
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != caller:  # it died before that
            os._exit(0)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        room = pages * mmap.PAGESIZE + limits.megabytes * 1024**2
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the film
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for handle in _open_files() - set(keep):  # the caller's sockets and databases
        with contextlib.suppress(OSError):
            os.close(handle)


def allow_seconds(seconds: float) -> None:
    """Let this process compute for so long from now; the system ends it then, by whole seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def resident_bytes(process: int) -> int:
    """The memory that a process holds now, where the system tells."""
    if sys.platform != "linux":
        return 0
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * mmap.PAGESIZE


def peak_bytes() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if sys.platform == "linux" else 1)


def _open_files() -> set[int]:
    folder = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")
    return {int(entry.name) for entry in folder.iterdir() if int(entry.name) > 2}
