"""What leaves of a study, film by film.

A cleaned film goes out only if everything about it could be cleaned; each that is held back is named with the
reason, by its place in the study, never by its name. Identifiers of one export fit together; its key is
thrown away.
"""

import secrets
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, cast

from accounts.audit import Actor
from diagnosis.imaging.dicom import confined
from diagnosis.imaging.dicom.nameless import HeldBack
from diagnosis.models import Scan, Study
from diagnosis.services import history, storage
from diagnosis.services.film_files import DICOM, record_of, room

AS_IT_CAME: Final = "as it came"
WITHOUT_NAMES: Final = "without names"
KINDS: Final = (AS_IT_CAME, WITHOUT_NAMES)
CHUNK: Final = 256 * 1024
ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", DICOM: "dcm"}
EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Exported:
    """What became of one film. content: its cleaned file, or None with the reason in `words`."""

    number: int
    words: str
    content: bytes | None = None


def as_came(*, study: Study, actor: Actor) -> Iterator[bytes]:
    """The study's films that count as a ZIP, in pieces; audit `study.exported` before the first."""
    films = counted(study)
    history.write(study, "study.exported", {"kind": AS_IT_CAME, "films": len(films)}, actor=actor)
    return _as_came(films)


def counted(study: Study) -> list[Scan]:
    """The films of a study that nobody set aside."""
    found = Scan.objects.filter(study=study, set_aside_at=None).order_by("received_at", "pk")
    return list(found.select_related("clinic", "study__patient", "study__clinic"))


def cleaned(films: list[Scan], *, key: bytes, sex_and_age: bool) -> Iterator[Exported]:
    """Each film without a name, or why it is held back."""
    for number, scan in enumerate(films, 1):
        record = None if scan.media_type == DICOM else record_of(scan)
        path = storage.path_of(scan.original)
        try:
            film = confined.nameless(path, record, room(), key=key, sex_and_age=sex_and_age)
        except HeldBack as why:
            yield Exported(number, f"held back: {why}")
        except OSError:
            yield Exported(number, "held back: its file is missing or cannot be read on this server.")
        else:
            lines = {0: "no letters were found on it", 1: "1 line of letters was covered"}
            words = lines.get(film.lines, f"{film.lines} lines of letters were covered")
            yield Exported(number, f"without a name; {words}.", film.content)


def new_key() -> bytes:
    """What makes the identifiers of one export; whoever keeps it could find out whose films they are."""
    return secrets.token_bytes(32)


def _as_came(films: list[Scan]) -> Iterator[bytes]:
    out = _Pieces()
    with zipfile.ZipFile(cast(IO[bytes], out), "w") as archive:
        missing = []
        for number, scan in enumerate(films, 1):
            path = storage.path_of(scan.original)
            if not path.is_file():
                missing.append(f"Film {number}: its file is missing on this server.\n")
                continue
            name = f"film-{number:03}.{ENDINGS.get(scan.media_type, 'bin')}"
            with path.open("rb") as film, archive.open(entry(name), "w", force_zip64=True) as copy:
                while block := film.read(CHUNK):
                    copy.write(block)
                    yield out.taken()
        if missing:
            archive.writestr(entry("missing.txt"), "".join(missing))
    yield out.taken()


def entry(name: str) -> zipfile.ZipInfo:
    """A file in a ZIP, without a date: one of the study would tell when it was."""
    return zipfile.ZipInfo(name, EPOCH)


class _Pieces:
    """A file that is only written, and emptied while it grows."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Everything is handed on by `taken`."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        whole, self._parts = b"".join(self._parts), []
        return whole
