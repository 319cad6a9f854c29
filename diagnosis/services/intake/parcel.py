"""Takes ZIPs apart into the files that people put in them, one at a time.

A ZIP is hostile until it is read: its files go through a temporary one without a name, up to limits that
count what was read, not what it declares.
"""

import errno
import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import IO, Final, cast

from django.conf import settings

from diagnosis.imaging.header import FilmSource
from diagnosis.imaging.header.other_kinds import START
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.services import storage
from diagnosis.services.arriving import arriving_file
from diagnosis.services.intake.films import clean_name, too_many_bytes

MOST_FILES: Final = 500
MOST_BYTES: Final = 4 * 1024**3
MOST_RATIO: Final = 200  # films shrink to a half; what shrinks more than this is no film
DEEPEST: Final = 1  # a ZIP inside the ZIP, and none inside that
MOST_DIRECTORY: Final = 4 * 1024**2
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_CHUNK: Final = 1024 * 1024
_SKIPPED_NAMES: Final = frozenset({"dicomdir", ".ds_store", "thumbs.db", "desktop.ini"})
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
_FEWER: Final = "Send the rest in another ZIP."
_EXPORT_IT: Final = "Send the film itself, as the X-ray system exports it."


class _Over(Exception):
    """The whole ZIP has used up a limit: the rest of it is not read."""


@dataclass
class Budget:
    """What may still be read, of all files of one request together."""

    files: int = field(default_factory=lambda: MOST_FILES)
    size: int = field(default_factory=lambda: MOST_BYTES)

    def file(self) -> None:
        self.files -= 1
        if self.files < 0:
            raise _Over(f"At most {MOST_FILES} files are read at once; the rest was not.")

    def read(self, count: int) -> None:
        self.size -= count
        if self.size < 0:
            raise _Over(f"Unpacked it has more than {MOST_BYTES // 1024**3} GB; the rest was not read.")


@dataclass(frozen=True)
class Piece:
    """One file, as it came or out of a ZIP: `refusal` or `skipped` say why it is not to be taken.

    name: its own. shown: with the ZIPs around it. film: its bytes, until the next piece is asked for.
    """

    name: str
    shown: str
    film: FilmSource
    refusal: FilmRefused | None = None
    skipped: str = ""


def pieces(film: FilmSource, name: str, budget: Budget, *, depth: int = 0) -> Iterator[Piece]:
    """The file itself, or one after the other the files in it if it is a ZIP."""
    piece = Piece(name, clean_name(name), film)
    if why := _why_skipped(name):
        yield replace(piece, skipped=why)
        return
    film.seek(0)
    if not film.read(START).startswith(ZIP):
        yield piece
    elif depth > DEEPEST:
        yield replace(piece, refusal=_unsupported("The file is a ZIP inside another one in a ZIP."))
    else:
        for one in _unpacked(piece, budget, depth):
            inside = one.film is not film
            yield replace(one, shown=f"{piece.shown} › {one.shown}") if inside else one


def _unpacked(whole: Piece, budget: Budget, depth: int) -> Iterator[Piece]:
    try:
        archive = _opened(whole.film)
    except FilmRefused as refusal:
        yield replace(whole, refusal=refusal)
        return
    with archive:
        if "[Content_Types].xml" in archive.namelist():
            yield replace(whole, refusal=_unsupported("The file is an office document."))
            return
        try:
            for entry in archive.infolist():
                if entry.is_dir():
                    continue
                budget.file()
                yield from _entry(archive, entry, budget, depth)
        except _Over as over:
            yield replace(whole, refusal=FilmRefused(Refusal.TOO_LARGE, str(over), _FEWER))


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget, depth: int) -> Iterator[Piece]:
    nothing = Piece(entry.filename, clean_name(entry.filename), cast(FilmSource, io.BytesIO()))
    if why := _why_skipped(entry.filename):
        yield replace(nothing, skipped=why)
        return
    try:
        file = arriving_file()
    except OSError as error:
        if not _is_full(error):
            raise
        yield replace(nothing, refusal=storage.no_room())
        return
    with file as copy:
        film = cast(FilmSource, copy)
        if refusal := _why_not_copied(archive, entry, copy, budget):
            is_whole = refusal.code != Refusal.STORAGE  # a file on a full disk cannot even be measured
            yield replace(nothing, film=film if is_whole else nothing.film, refusal=refusal)
            return
        yield from pieces(film, entry.filename, budget, depth=depth + 1)


def _why_not_copied(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, copy: IO[bytes], budget: Budget
) -> FilmRefused | None:
    """Copy a file out of the ZIP, and say why it is not to be taken if it is not."""
    try:
        try:
            _check(entry)
            _copy(archive, entry, copy, budget)
        finally:
            copy.flush()  # what a full disk does not take is told here, and not where it is read
    except FilmRefused as refusal:
        return refusal
    except (*_DAMAGED, RuntimeError) as error:
        return storage.no_room() if _is_full(error) else _damaged("The file in the ZIP is damaged.")
    return None


def _is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


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


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, copy: IO[bytes], budget: Budget) -> None:
    nested = False
    size = 0
    with archive.open(entry) as packed:
        while block := packed.read(_CHUNK):
            nested = nested or (size == 0 and block.startswith(ZIP))
            size += len(block)
            budget.read(len(block))
            if size > _CHUNK and size > MOST_RATIO * max(entry.compress_size, 1):
                raise FilmRefused(
                    Refusal.TOO_COMPLEX, "The file unpacks to far more than a film would.", _EXPORT_IT
                )
            if size > (settings.MAX_REQUEST_BYTES if nested else settings.MAX_FILM_BYTES):
                raise too_many_bytes()
            copy.write(block)


def _why_skipped(name: str) -> str:
    """Why a file is passed over by its name, or ""."""
    path = PurePosixPath(name.replace("\\", "/"))
    last = path.name.lower()
    if "__MACOSX" in path.parts or last.startswith("._"):
        return "A companion file of macOS; it was passed over."
    if last == "dicomdir":
        return "The list of a medium’s files; the films themselves are taken."
    return "A file of the computer’s own; it was passed over." if last in _SKIPPED_NAMES else ""


def _unsupported(message: str) -> FilmRefused:
    return FilmRefused(Refusal.UNSUPPORTED, message, _EXPORT_IT)


def _damaged(message: str) -> FilmRefused:
    return FilmRefused(Refusal.DAMAGED, message, "Pack it again and send the new ZIP.")
