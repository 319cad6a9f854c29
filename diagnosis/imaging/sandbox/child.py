"""The child's side: takes films by their path, decodes them, and answers in JSON."""

import json
import mmap
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from diagnosis.imaging.raster import DecodedFilm, decode
from diagnosis.imaging.raster.levels import Levels
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.imaging.sandbox.limits import Limits, allow_seconds, peak_bytes

_LARGE: Final = 64 * 1024**2  # a child that took so much is not kept


def serve(asked: BinaryIO, answers: BinaryIO, room: mmap.mmap, limits: Limits) -> None:
    """Answer one film after the other, until one is refused or large or nobody asks any more."""
    began = peak_bytes()
    while line := asked.readline():
        allow_seconds(limits.seconds)
        answer = _answer(**json.loads(line), room=room)
        answer["last"] = "film" not in answer or peak_bytes() > began + _LARGE
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
        if answer["last"]:
            return


def _answer(path: str, name: str, max_pixels: int, room: mmap.mmap) -> dict[str, Any]:
    """The facts of a film, whose levels are in `room`, or why there is none."""
    try:
        with Path(path).open("rb") as stream:
            decoded = decode(stream, name=name, max_pixels=max_pixels)
    except FilmRefused as refusal:
        return {"refused": [refusal.code, refusal.message, refusal.advice]}
    except MemoryError:
        return {"memory": True}
    except OSError as error:
        return {"disk": [error.errno or 0, error.strerror or type(error).__name__]}
    levels = decoded.levels
    np.frombuffer(room, dtype=levels.dtype, count=levels.size)[:] = levels.ravel()
    told = {name: value for name, value in vars(decoded).items() if name not in ("levels", "found")}
    return {"film": told, "found": vars(decoded.found), "shape": levels.shape, "deep": levels.itemsize > 1}


def film_told(answer: dict[str, Any], room: mmap.mmap) -> DecodedFilm:
    """The film of an answer, its levels still in `room`."""
    height, width = answer["shape"]
    kind: Any = np.uint16 if answer["deep"] else np.uint8
    levels = np.frombuffer(room, dtype=kind, count=height * width).reshape(height, width)
    found = Levels(**answer["found"] | {"window": tuple(answer["found"]["window"])})
    return DecodedFilm(levels, found=found, **answer["film"])
