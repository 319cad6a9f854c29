"""Makes files of films for others in a process of its own, so that hostile pixels reach no worker.

Unlike `imaging.sandbox` the process is not a fork: what asks has threads, and a fork of those may never end.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from diagnosis.imaging.dicom.errands import as_told
from diagnosis.imaging.dicom.nameless import HeldBack, Nameless
from diagnosis.imaging.dicom.secondary_capture import FilmRecord

ROOT: Final = Path(__file__).resolve().parents[3]
START: Final = 60  # seconds for the program to begin, on a busy machine


@dataclass(frozen=True)
class Room:
    """What one film may take, and how large it may be."""

    seconds: float = 300
    megabytes: int = 2048
    max_pixels: int = 64_000_000


def captured(path: Path, record: FilmRecord, room: Room) -> bytes:
    """`secondary_capture` in a process of its own. Raises HeldBack, or OSError for an unreadable file."""
    _, content = _asked({"errand": "capture", "path": str(path), "record": as_told(record)}, room)
    return content


def explicit(path: Path, room: Room) -> bytes:
    """`explicit_film` in a process of its own. Raises like `captured`."""
    _, content = _asked({"errand": "explicit", "path": str(path)}, room)
    return content


def nameless(path: Path, record: FilmRecord | None, room: Room, *, key: bytes, sex_and_age: bool) -> Nameless:
    """`nameless_film` in a process of its own. Raises like `captured`."""
    wish = {"key": key.hex(), "sex_and_age": sex_and_age}
    told = as_told(record) if record else None
    answer, content = _asked({"errand": "nameless", "path": str(path), "record": told, **wish}, room)
    return Nameless(content, answer["lines"])


def _asked(errand: dict[str, Any], room: Room) -> tuple[dict[str, Any], bytes]:
    question = json.dumps(errand | vars(room)).encode()
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    places = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "diagnosis.imaging.dicom.errands"],
            input=question, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=2 * room.seconds + START, check=False,
            env=kept | {"PYTHONPATH": places, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise HeldBack("Reading it took too long.") from error
    head, _, content = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise HeldBack("Reading it took too long or too much memory, or its decoder broke down.")
    answer: dict[str, Any] = json.loads(head)
    if "held" in answer:
        raise HeldBack(answer["held"])
    if "disk" in answer:
        raise OSError(answer["disk"])
    return answer, content
