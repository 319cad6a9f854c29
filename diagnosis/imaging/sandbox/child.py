"""The child's side: takes films by their path, decodes them, and answers in JSON."""

import json
import mmap
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.dicom.picture import FullDepth, full_depth, render
from diagnosis.imaging.dicom.rule import Window
from diagnosis.imaging.frame import Frame, read_frame
from diagnosis.imaging.raster import LARGEST_SIDE, DecodedFilm, decode, refused_in_words
from diagnosis.imaging.raster.levels import Levels
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.imaging.sandbox.limits import Limits, allow_seconds, peak_bytes

FILM, PICTURE, VALUES, FRAME = "film", "picture", "values", "frame"
_LARGE: Final = 64 * 1024**2  # a child that took so much is not kept


def serve(asked: BinaryIO, answers: BinaryIO, room: mmap.mmap, limits: Limits) -> None:
    """Answer one film after the other, until one is refused or large or nobody asks any more."""
    began = peak_bytes()
    while line := asked.readline():
        allow_seconds(limits.seconds)
        answer = _answer(**json.loads(line), room=room)
        if answer.get("refused", [""])[0] == Refusal.DAMAGED and peak_bytes() > began + limits.much:
            answer = {"memory": True}  # decoders say of most failures only that they failed
        answer["last"] = "film" not in answer or peak_bytes() > began + _LARGE
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
        if answer["last"]:
            return


def _answer(
    path: str,
    name: str,
    max_pixels: int,
    room: mmap.mmap,
    what: str = FILM,
    window: tuple[float, float, str] | None = None,
) -> dict[str, Any]:
    """The facts of a film, whose levels or values are in `room`, or why there is none."""
    try:
        with Path(path).open("rb") as stream:
            if what == FILM:
                return _film(decode(stream, name=name, max_pixels=max_pixels), room)
            if what == FRAME:
                return _frame(stream, name, max_pixels, room)
            return _full(stream, name, what, window, room)
    except FilmRefused as refusal:
        return {"refused": [refusal.code, refusal.message, refusal.advice]}
    except MemoryError:
        return {"memory": True}
    except OSError as error:
        return {"disk": [error.errno or 0, error.strerror or type(error).__name__]}


def _film(decoded: DecodedFilm, room: mmap.mmap) -> dict[str, Any]:
    levels = decoded.levels
    _put(levels, room)
    told = {name: value for name, value in vars(decoded).items() if name not in ("levels", "found")}
    return {"film": told, "found": vars(decoded.found), "shape": levels.shape, "deep": levels.itemsize > 1}


def _full(
    stream: BinaryIO, name: str, what: str, window: tuple[float, float, str] | None, room: mmap.mmap
) -> dict[str, Any]:
    """A DICOM film in a window, or its values at full depth."""
    with refused_in_words(name):
        if what == PICTURE:
            levels = render(stream, Window(*window) if window else None, largest_side=LARGEST_SIDE)
            _put(levels, room)
            return {"film": {}, "shape": levels.shape, "type": levels.dtype.str}
        found = full_depth(stream)
        _put(found.values, room)
        told = {
            "window": found.window and vars(found.window),
            "inverted": found.inverted,
            "steps": found.steps,
        }
        return {"film": told, "shape": found.values.shape, "type": found.values.dtype.str}


def _frame(stream: BinaryIO, name: str, max_pixels: int, room: mmap.mmap) -> dict[str, Any]:
    """Every pixel of a film of any kind, for a screen that windows it itself."""
    with refused_in_words(name):
        frame = read_frame(stream, max_pixels=max_pixels)
    _put(frame.values, room)
    told = {"low": float(frame.low), "high": float(frame.high), "inverted": frame.inverted}
    return {"film": told, "shape": frame.values.shape, "type": frame.values.dtype.str}


def _put(levels: NDArray[Any], room: mmap.mmap) -> None:
    np.frombuffer(room, dtype=levels.dtype, count=levels.size)[:] = levels.ravel()


def film_told(answer: dict[str, Any], room: mmap.mmap) -> DecodedFilm:
    """The film of an answer, its levels still in `room`."""
    height, width = answer["shape"]
    kind: Any = np.uint16 if answer["deep"] else np.uint8
    levels = np.frombuffer(room, dtype=kind, count=height * width).reshape(height, width)
    found = Levels(**answer["found"] | {"window": tuple(answer["found"]["window"])})
    return DecodedFilm(levels, found=found, **answer["film"])


def picture_told(answer: dict[str, Any], room: mmap.mmap) -> NDArray[Any]:
    """The array of an answer, which is still in `room`."""
    height, width = answer["shape"]
    return np.frombuffer(room, dtype=answer["type"], count=height * width).reshape(height, width)


def values_told(answer: dict[str, Any], room: mmap.mmap) -> FullDepth:
    """The values of an answer, which are still in `room`."""
    told = answer["film"]
    window = Window(**told["window"]) if told["window"] else None
    return FullDepth(picture_told(answer, room), window, told["inverted"], told["steps"])


def frame_told(answer: dict[str, Any], room: mmap.mmap) -> Frame:
    """The frame of an answer, whose values are still in `room`."""
    return Frame(picture_told(answer, room), **answer["film"])
