"""The caller's side: forks the child, asks it, and kills it when its time is up."""

import json
import mmap
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

import numpy as np
import pydicom.charset  # noqa: F401  (decodes a header's text)
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin  # noqa: F401  (reads EXIF; loaded here, not in each child)

from diagnosis.imaging.dicom import decoders  # noqa: F401  (loaded here, not in each child)
from diagnosis.imaging.dicom.picture import FullDepth
from diagnosis.imaging.dicom.rule import Window
from diagnosis.imaging.frame import Frame
from diagnosis.imaging.header import MAX_PIXELS
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import LARGEST_SIDE
from diagnosis.imaging.refusal import EXPORT_AGAIN, DecodingTooSlow, FilmRefused, Refusal
from diagnosis.imaging.sandbox.child import (
    FRAME,
    PICTURE,
    VALUES,
    film_told,
    frame_told,
    picture_told,
    serve,
    values_told,
)
from diagnosis.imaging.sandbox.limits import Limits, confine, resident_bytes

_Told = TypeVar("_Told")
_ROOM: Final = LARGEST_SIDE * LARGEST_SIDE * 2
_CRASHES: Final = frozenset(
    {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP}
)
Image.preinit()  # Pillow loads its decoders at first use, which would be in each child


def rendered_confined(
    path: Path, *, limits: Limits, name: str = "", window: Window | None = None
) -> NDArray[np.uint8]:
    """A DICOM film in a window (default: its own), 8 bits, no side over 2048. Raises like `read_confined`."""
    return _decoder(os.getpid(), limits).rendered(path, name=name, window=window)


def values_confined(path: Path, *, limits: Limits, name: str = "", pixels: int) -> FullDepth:
    """A DICOM film's values at full depth and resolution, decoded in a child of its own.

    pixels: how many it has, by its header. Raises like `read_confined`.
    """
    decoder = ConfinedDecoder(limits, room=max(1, pixels) * 4)
    try:
        return decoder.values(path, name=name)
    finally:
        decoder.close()


def frame_confined(path: Path, *, limits: Limits, name: str = "", pixels: int, max_pixels: int) -> Frame:
    """Every pixel of a film of any kind, decoded in a child of its own.

    pixels: how many it has, by its header. Raises like `read_confined`.
    """
    decoder = ConfinedDecoder(limits, room=max(1, pixels) * 4)
    try:
        return decoder.frame(path, name=name, max_pixels=max_pixels)
    finally:
        decoder.close()


def read_confined(path: Path, *, limits: Limits, name: str = "", max_pixels: int = MAX_PIXELS) -> Radiograph:
    """`raster.read_raster` in this process's child.

    Raises also DecodingTooSlow, and MemoryError if the machine has too little memory; a film that needs more
    than its limit is refused as too large, one at which the decoder breaks down as damaged.
    """
    return _decoder(os.getpid(), limits).read(path, name=name, max_pixels=max_pixels)


class _Died(Exception):
    """The child died by no fault of the film, for example because the machine ran out of memory."""


class ConfinedDecoder:
    """A child process that decodes films, forked when the first one comes. Asked by one thread at a time."""

    def __init__(self, limits: Limits, *, room: int = _ROOM) -> None:
        self._limits = limits
        self._lock = Lock()
        self._room = mmap.mmap(-1, room)
        self.child = 0
        self._ask = self._hear = -1
        self._before = self._took = 0

    def read(self, path: Path, *, name: str = "", max_pixels: int = MAX_PIXELS) -> Radiograph:
        """The film in a file; see `read_confined`."""
        told = self._asked(path, name, film_told, max_pixels=max_pixels)
        return told.radiograph()

    def rendered(self, path: Path, *, name: str = "", window: Window | None = None) -> NDArray[np.uint8]:
        """A DICOM film in a window; see `rendered_confined`."""
        asked = (window.centre, window.width, window.function) if window else None
        return self._asked(path, name, picture_told, what=PICTURE, window=asked).copy()

    def values(self, path: Path, *, name: str = "") -> FullDepth:
        """A DICOM film's values, in this decoder's room; see `values_confined`."""
        return self._asked(path, name, values_told, what=VALUES)

    def frame(self, path: Path, *, name: str = "", max_pixels: int = MAX_PIXELS) -> Frame:
        """Every pixel of a film, in this decoder's room; see `frame_confined`."""
        return self._asked(path, name, frame_told, what=FRAME, max_pixels=max_pixels)

    def _asked(
        self, path: Path, name: str, read: Callable[[dict[str, Any], mmap.mmap], _Told], **question: Any
    ) -> _Told:
        name = name or path.name
        question = {"max_pixels": MAX_PIXELS, "path": str(path), "name": name} | question
        with self._lock:
            for _ in range(2):
                with suppress(_Died):
                    return read(self._checked(self._answer(question), name), self._room)
        raise MemoryError("the decoding process was killed twice")

    def close(self) -> int:
        """End the child, if there is one; its status as `os.waitpid` gives it."""
        if not self.child:
            return 0
        with suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGKILL)
        _, status, used = os.wait4(self.child, 0)
        self._took = used.ru_maxrss * (1024 if sys.platform == "linux" else 1) - self._before
        os.close(self._ask)
        os.close(self._hear)
        self.child = 0
        return status

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """What the child says. Raises DecodingTooSlow, _Died, or FilmRefused if the decoder broke down."""
        if not self.child:
            self._fork()
        try:
            try:
                os.write(self._ask, json.dumps(question).encode() + b"\n")
                said = self._listen()
            except BrokenPipeError:
                said = b""
        except BaseException:  # too slow, or the caller's own time limit
            self.close()
            raise
        if said.endswith(b"\n"):
            answer: dict[str, Any] = json.loads(said)
            if answer["last"]:
                self.close()
            return answer
        status = self.close()
        if (
            self._took > self._limits.much
            and os.WIFSIGNALED(status)
            and os.WTERMSIG(status) == signal.SIGABRT
        ):
            return {"memory": True}  # C++ gives up so when there is none left
        raise _ended(status, self._limits, question["name"])

    def _listen(self) -> bytes:
        """The child's answer, or what there is of it if it ended."""
        said, deadline = b"", time.monotonic() + self._limits.on_the_clock
        while not said.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._hear], [], [], left)[0]:
                raise DecodingTooSlow(self._limits.seconds)
            if not (part := os.read(self._hear, 65_536)):
                break
            said += part
        return said

    def _fork(self) -> None:
        caller = os.getpid()
        (asked, self._ask), (self._hear, answers) = os.pipe(), os.pipe()
        try:
            child = os.fork()
        except OSError as error:
            for handle in (asked, self._ask, self._hear, answers):
                os.close(handle)
            raise MemoryError("no process could be made for decoding") from error
        if child == 0:
            try:
                confine(self._limits, caller, keep=(asked, answers))
                with os.fdopen(asked, "rb") as questions, os.fdopen(answers, "wb") as replies:
                    serve(questions, replies, self._room, self._limits)
            finally:
                os._exit(0)
        self.child, self._before = child, resident_bytes(child)
        os.close(asked)
        os.close(answers)

    def _checked(self, answer: dict[str, Any], name: str) -> dict[str, Any]:
        """The answer if there is a film in it, or the exception for why there is none."""
        if "film" in answer:
            return answer
        if "disk" in answer:
            raise OSError(*answer["disk"])
        if "refused" in answer:
            raise FilmRefused(*answer["refused"]).named(name)
        raise FilmRefused(
            Refusal.TOO_LARGE,
            f"Reading the film takes more than {self._limits.megabytes} MB of memory.",
            "Export it at a lower resolution, or as an 8-bit PNG or an ordinary (baseline) JPEG.",
            name=name,
        )


def _ended(status: int, limits: Limits, name: str) -> Exception:
    """Why a child ended without an answer."""
    killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if killed_by == signal.SIGXCPU:
        return DecodingTooSlow(limits.seconds)
    if killed_by in _CRASHES:
        return FilmRefused(
            Refusal.DAMAGED, "The file is damaged; the decoder broke down at it.", EXPORT_AGAIN, name=name
        )
    return _Died()


@lru_cache(maxsize=1)
def _decoder(process: int, limits: Limits) -> ConfinedDecoder:
    """The decoder of a process; a fork of it gets one of its own."""
    return ConfinedDecoder(limits)
