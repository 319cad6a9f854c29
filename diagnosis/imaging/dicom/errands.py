"""The child's side of `confined`: one errand about one film, answered by a line of JSON and bytes."""

import dataclasses
import json
import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from diagnosis.imaging.dicom.deidentify import Wish
from diagnosis.imaging.dicom.explicit import explicit_film
from diagnosis.imaging.dicom.nameless import HeldBack, nameless_film, reader_of_letters
from diagnosis.imaging.dicom.secondary_capture import FilmRecord, secondary_capture
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.imaging.sandbox.limits import Limits, allow_seconds, confine

WHOLE = {"taken_at": datetime, "received_at": datetime, "birth_date": date}


def as_told(record: FilmRecord) -> dict[str, Any]:
    """The record as JSON can hold it."""
    return {
        name: value.isoformat() if name in WHOLE and value else value
        for name, value in dataclasses.asdict(record).items()
    }


def _record(told: dict[str, Any] | None) -> FilmRecord | None:
    if told is None:
        return None
    for name, kind in WHOLE.items():
        told[name] = kind.fromisoformat(told[name]) if told[name] else None
    return FilmRecord(**told)


def main() -> None:
    """Answer the one errand on standard input, within its limits."""
    asked = json.loads(sys.stdin.buffer.read())
    limits = Limits(seconds=asked["seconds"], megabytes=asked["megabytes"])
    answers = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not reach the answer
    reader = reader_of_letters() if asked["errand"] == "nameless" else None
    record = _record(asked.get("record"))
    confine(limits, os.getppid(), keep=(answers,))
    allow_seconds(limits.seconds)
    told, content = _done(asked, record, reader)
    with os.fdopen(answers, "wb") as answer:
        answer.write(json.dumps(told).encode() + b"\n" + content)


def _done(asked: dict[str, Any], record: FilmRecord | None, reader: Any) -> tuple[dict[str, Any], bytes]:
    path, most = Path(asked["path"]), asked["max_pixels"]
    try:
        if asked["errand"] == "capture":
            assert record is not None
            return {"done": True}, secondary_capture(path, record, max_pixels=most)
        if asked["errand"] == "explicit":
            return {"done": True}, explicit_film(path, max_pixels=most)
        wish = Wish(bytes.fromhex(asked["key"]), sex_and_age=asked["sex_and_age"])
        film = nameless_film(path, wish, reader, record=record, max_pixels=most)
        return {"done": True, "lines": film.lines}, film.content
    except HeldBack as why:
        return {"held": str(why)}, b""
    except FilmRefused as refusal:
        return {"held": refusal.text}, b""
    except MemoryError:
        return {"held": "It takes more memory than a film may."}, b""
    except OSError as error:
        return {"disk": error.strerror or type(error).__name__}, b""


if __name__ == "__main__":
    main()
