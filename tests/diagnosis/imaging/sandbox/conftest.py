"""A film on disk, a decoder in a child, and what goes wrong in the child's decoder."""

import ctypes
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.raster import DecodedFilm, decode
from diagnosis.imaging.sandbox import ConfinedDecoder, Limits, child

_libc = ctypes.CDLL(None)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    draw_phantom(seed=1).save(tmp_path / "film.png")
    return tmp_path / "film.png"


@pytest.fixture
def decoder() -> Iterator[ConfinedDecoder]:
    made = ConfinedDecoder(Limits(seconds=30, megabytes=256))
    yield made
    made.close()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let children forked from now on do something else first if the film's name says that it is bad."""

    def _broken(first: Callable[[], object]) -> None:
        def _decode(*arguments: object, name: str, max_pixels: int) -> DecodedFilm:
            if name.startswith("bad"):
                first()
            return decode(*arguments, name=name, max_pixels=max_pixels)

        monkeypatch.setattr(child, "decode", _decode)

    return _broken


def hang() -> None:
    """Stay in C code that holds the interpreter and hears no signal."""
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    ctypes.PyDLL(None).sleep(60)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
