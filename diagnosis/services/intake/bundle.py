"""Takes in files as people have them: DICOM films one by one, in a folder, or in a ZIP that is taken apart.

Each file has its own outcome, and none costs its neighbours. A ZIP is hostile until it is read: its films go
one at a time through a temporary file without a name, up to limits that count what was read, not what it
declares.
"""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO, Any, Final, cast

from django.conf import settings

from diagnosis.imaging.header import FilmSource
from diagnosis.imaging.header.other_kinds import START, is_dicom
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.models import Study
from diagnosis.services import history
from diagnosis.services.arriving import arriving_file
from diagnosis.services.intake.dicom import receive_instance
from diagnosis.services.intake.films import REFUSED, clean_name, refusal_entry, too_many_bytes
from diagnosis.services.intake.outcome import InstanceOutcome, Origin

SKIPPED: Final = "skipped"
MOST_FILES: Final = 500
MOST_BYTES: Final = 4 * 1024**3
MOST_RATIO: Final = 200  # films shrink to a half; what shrinks more than this is no film
DEEPEST: Final = 1  # a ZIP inside the ZIP, and none inside that
MOST_DIRECTORY: Final = 4 * 1024**2
_CHUNK: Final = 1024 * 1024
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff")
_SKIPPED_NAMES: Final = frozenset({"dicomdir", ".ds_store", "thumbs.db", "desktop.ini"})
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
_NEEDS_PATIENT: Final = FilmRefused(
    Refusal.NEEDS_PATIENT,
    "A PNG or JPEG does not say whose film it is.",
    "Send it with the form, under the patient’s number.",
)


class _Over(Exception):
    """The whole ZIP has used up a limit: the rest of it is not read."""


@dataclass
class _Budget:
    """What may still be read, of all files of one request together."""

    files: int
    size: int

    def file(self) -> None:
        self.files -= 1
        if self.files < 0:
            raise _Over(f"At most {MOST_FILES} files are read at once; the rest was not.")

    def read(self, count: int) -> None:
        self.size -= count
        if self.size < 0:
            raise _Over(f"Unpacked it has more than {MOST_BYTES // 1024**3} GB; the rest was not read.")


def receive_files(
    *, origin: Origin, files: Iterable[tuple[FilmSource, str]], into: Study | None = None
) -> list[InstanceOutcome]:
    """Take each (file, name): a DICOM film, or a ZIP with such; returns what became of each file inside.

    into: the study that all of them are for; one of another study is refused. Raises database errors alone;
    what was taken before them is on record.
    """
    budget = _Budget(MOST_FILES, MOST_BYTES)
    return [outcome for film, name in files for outcome in _taken(origin, film, name, into, budget, depth=0)]


def is_for_bundle(film: FilmSource) -> bool:
    """Whether a file says itself whose film it is, or may hold such: DICOM, or a ZIP."""
    film.seek(0)
    start = film.read(START)
    film.seek(0)
    return start.startswith(_ZIP) or is_dicom(start)


def _taken(
    origin: Origin, film: FilmSource, name: str, into: Study | None, budget: _Budget, *, depth: int
) -> Iterator[InstanceOutcome]:
    if why := _why_skipped(name):
        yield InstanceOutcome(clean_name(name), SKIPPED, SKIPPED, why)
        return
    film.seek(0)
    start = film.read(START)
    if start.startswith(_ZIP):
        if depth > DEEPEST:
            yield _refused(origin, film, name, _unsupported("The file is a ZIP inside another one in a ZIP."))
            return
        yield from _unpacked(origin, film, name, into, budget, depth)
    elif start.startswith(_PICTURES):
        yield _refused(origin, film, name, _NEEDS_PATIENT)
    else:
        yield _received(origin, film, name, into)


def _received(origin: Origin, film: FilmSource, name: str, into: Study | None) -> InstanceOutcome:
    try:
        return receive_instance(origin=origin, film=film, name=name, into=into)
    except FilmRefused as refusal:  # it could not be stored
        return InstanceOutcome(clean_name(name), REFUSED, refusal.code, refusal.text)


def _unpacked(
    origin: Origin, film: FilmSource, name: str, into: Study | None, budget: _Budget, depth: int
) -> Iterator[InstanceOutcome]:
    try:
        archive = _opened(film)
    except FilmRefused as refusal:
        yield _refused(origin, film, name, refusal)
        return
    with archive:
        if "[Content_Types].xml" in archive.namelist():
            yield _refused(origin, film, name, _unsupported("The file is an office document."))
            return
        try:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                budget.file()
                for outcome in _entry(origin, archive, entry, into, budget, depth):
                    yield replace(outcome, name=f"{clean_name(name)} › {outcome.name}")
        except _Over as over:
            yield _refused(origin, film, name, FilmRefused(Refusal.TOO_LARGE, str(over), _FEWER))


_FEWER: Final = "Send the rest in another ZIP."


def _opened(film: FilmSource) -> zipfile.ZipFile:
    file = cast(IO[bytes], film)
    if isinstance(refusal := getattr(film, "refusal", None), FilmRefused):
        raise refusal
    try:
        if _directory_bytes(file) > MOST_DIRECTORY:
            raise FilmRefused(Refusal.TOO_COMPLEX, "The ZIP lists too many files.", _FEWER)
        return zipfile.ZipFile(file)
    except (*_DAMAGED, struct.error) as error:
        raise _damaged("The ZIP is damaged or cut off.") from error


def _directory_bytes(file: IO[bytes]) -> int:
    """The length of the ZIP's list of files, which is read at once; the longest that it may mean."""
    file.seek(0, os.SEEK_END)
    begin = max(file.tell() - 66_000, 0)
    file.seek(begin)
    tail = file.read()
    small = [_number("<L", tail, place + 12) for place in _places(tail, b"PK\x05\x06")]
    large = [_number("<Q", tail, place + 40) for place in _places(tail, b"PK\x06\x06")]
    if large:  # where it is there, the other one may hold no number
        small = [length for length in small if length != 0xFFFFFFFF]
    return max([0, *small, *large])


def _places(tail: bytes, mark: bytes) -> Iterator[int]:
    place = tail.find(mark)
    while place >= 0:
        yield place
        place = tail.find(mark, place + 1)


def _number(form: str, tail: bytes, place: int) -> int:
    return int(struct.unpack_from(form, tail.ljust(place + 8, b"\0"), place)[0])


def _entry(
    origin: Origin,
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    into: Study | None,
    budget: _Budget,
    depth: int,
) -> Iterator[InstanceOutcome]:
    if why := _why_skipped(entry.filename):
        yield InstanceOutcome(clean_name(entry.filename), SKIPPED, SKIPPED, why)
        return
    with arriving_file() as copy:
        try:
            _check(entry)
            _copy(archive, entry, copy, budget)
        except FilmRefused as refusal:
            yield _refused(origin, copy, entry.filename, refusal)
            return
        except (*_DAMAGED, RuntimeError):
            yield _refused(origin, copy, entry.filename, _damaged("The file in the ZIP is damaged."))
            return
        yield from _taken(origin, copy, entry.filename, into, budget, depth=depth + 1)


def _check(entry: zipfile.ZipInfo) -> None:
    """Refuse what is no plain file of the ZIP's own."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]:
        raise _unsupported("The file’s name leads out of the ZIP.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _unsupported("The file is a link to another one.")
    if entry.flag_bits & 0x1:
        raise FilmRefused(
            Refusal.ENCRYPTED, "The file in the ZIP is locked with a password.", "Pack it without a password."
        )
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _unsupported("The file is packed in a way that is not read here.")


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, copy: IO[bytes], budget: _Budget) -> None:
    nested = False
    size = 0
    with archive.open(entry) as packed:
        while block := packed.read(_CHUNK):
            nested = nested or (size == 0 and block.startswith(_ZIP))
            size += len(block)
            budget.read(len(block))
            if size > _CHUNK and size > MOST_RATIO * max(entry.compress_size, 1):
                raise FilmRefused(
                    Refusal.TOO_COMPLEX, "The file unpacks to far more than a film would.", _EXPORT_IT
                )
            if size > (settings.MAX_REQUEST_BYTES if nested else settings.MAX_FILM_BYTES):
                raise too_many_bytes()
            copy.write(block)


_EXPORT_IT: Final = "Send the film itself, as the X-ray system exports it."


def _why_skipped(name: str) -> str:
    """Why a file is passed over by its name, or ""."""
    path = PurePosixPath(name.replace("\\", "/"))
    last = path.name.lower()
    if "__MACOSX" in path.parts or last.startswith("._"):
        return "A companion file of macOS; it was passed over."
    if last == "dicomdir":
        return "The list of a medium’s files; the films themselves are taken."
    return "A file of the computer’s own; it was passed over." if last in _SKIPPED_NAMES else ""


def _refused(origin: Origin, film: Any, name: str, refusal: FilmRefused) -> InstanceOutcome:
    named = refusal.named(clean_name(name))
    history.write_all([refusal_entry(origin.clinic, named, film)], actor=origin.actor)
    return InstanceOutcome(named.name, REFUSED, named.code, named.text)


def _unsupported(message: str) -> FilmRefused:
    return FilmRefused(Refusal.UNSUPPORTED, message, _EXPORT_IT)


def _damaged(message: str) -> FilmRefused:
    return FilmRefused(Refusal.DAMAGED, message, "Pack it again and send the new ZIP.")
