"""Files below DATA_DIR: original films and the pictures made from them, each complete or absent.

An original's path contains the content's SHA-256, so two uploads of the same bytes write the same file, and
writing it twice is harmless. A file whose transaction failed afterwards is left as an orphan. It is not
deleted, because another upload of the same bytes may be about to use it.
"""

import contextlib
import errno
import hashlib
import logging
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings

from accounts.models import Clinic
from diagnosis.imaging.header import FilmHeader, FilmSource
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.models import HeldFilm, ModelVersion, Scan
from diagnosis.services import arriving

CHUNK: Final = 1024 * 1024
PART: Final = ".part-"
LEFTOVER_SECONDS: Final = 24 * 3600
PROBE: Final = bytes(64 * 1024)

logger = logging.getLogger(__name__)


def path_of(stored: str) -> Path:
    """The full path of a file, from its path below DATA_DIR."""
    return Path(settings.DATA_DIR) / stored


# ------------------------------------------------------------------------------- room on the disk


def has_room(size: int = 0) -> bool:
    """Whether films of this size can be taken and the reserve for database, logs and results stays whole."""
    return _free_beside(size) >= settings.MIN_FREE_BYTES and _can_be_written()


def has_room_to_work() -> bool:
    """Whether films that were taken can be analysed; half of the reserve is left to the database."""
    return _free_beside(0) >= settings.MIN_FREE_BYTES // 2 and _can_be_written()


def _free_beside(size: int) -> int:
    try:
        return shutil.disk_usage(settings.DATA_DIR).free - size
    except OSError:
        return -1


def _can_be_written() -> bool:
    """By writing: a quota, a read-only disk or a folder of another user shows no other way."""
    try:
        with tempfile.NamedTemporaryFile(prefix=PART, dir=settings.DATA_DIR, buffering=0) as probe:
            return probe.write(PROBE) == len(PROBE)
    except OSError:
        return False


def existing(stored: str) -> str:
    """The path below DATA_DIR if a file is there, else an empty string."""
    return stored if path_of(stored).is_file() else ""


def _write_whole(folder: Path, write: Callable[[BinaryIO], Path], mode: int | None = None) -> Path:
    """Write a file under a temporary name, flush it to disk, and rename it to the path `write` returns."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    handle, part = tempfile.mkstemp(prefix=PART, dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode or settings.FILE_UPLOAD_PERMISSIONS)
            target = write(file)
            file.flush()
            os.fsync(file.fileno())  # the row that names this file must not outlive it in a power cut
        target.parent.mkdir(exist_ok=True, mode=0o750)
        Path(part).replace(target)
        _flush_folder(target.parent)
    finally:
        Path(part).unlink(missing_ok=True)
    return target


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --------------------------------------------------------------------------- original films


def digest(film: FilmSource) -> str:
    """SHA-256 of a stream from its beginning, read in chunks."""
    return _copy(film, None)


def keep_original(
    *, clinic: Clinic, film: FilmSource, header: FilmHeader, sha256: str = "", own: Path | None = None
) -> tuple[str, str]:
    """Store a film byte for byte; returns its path below DATA_DIR and its SHA-256.

    sha256: the film's, where it is known already. own: the file that holds nothing but this film and that
    nobody else needs; it is moved into place instead of copied. So is a film in an `arriving` file. Raises
    FilmRefused(not_stored) if it cannot be written; the log says why.
    """
    folder = Path("originals", str(clinic.public_id))

    def place() -> Path:
        return path_of(str(folder / sha256[:2] / f"{sha256}.{header.extension}"))

    def write(file: BinaryIO) -> Path:
        nonlocal sha256
        copied = _copy(film, file)
        if sha256 and copied != sha256:
            raise OSError("the film's bytes changed while they were stored")
        sha256 = copied
        return place()

    if not has_room():
        raise no_room()
    try:
        if not own and arriving.is_nameless(film):
            sha256 = sha256 or digest(film)
        target = (sha256 and _in_place(film, own, place())) or _write_whole(path_of(str(folder)), write)
    except OSError as error:
        logger.error("a film could not be stored below DATA_DIR: %s", error.strerror or error)
        raise no_room() from error
    return str(target.relative_to(settings.DATA_DIR)), sha256


def _in_place(film: FilmSource, own: Path | None, target: Path) -> Path | None:
    """The film in its place without a copy; None where that cannot be."""
    if own:
        return _moved(own, target)
    if not arriving.named(film, target):
        return None
    _flush_folder(target.parent)
    return target


def _moved(own: Path, target: Path) -> Path | None:
    """The file in its place, flushed to disk; None where it lies on another disk."""
    with own.open("rb") as file:
        os.fchmod(file.fileno(), settings.FILE_UPLOAD_PERMISSIONS)
        os.fsync(file.fileno())
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    try:
        own.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return None
    _flush_folder(target.parent)
    return target


def no_room() -> FilmRefused:
    """The refusal of a film that cannot be written to disk."""
    return FilmRefused(
        Refusal.STORAGE,
        "The server could not store the film; its disk may be full.",
        "Tell the administrator, and send the film again later.",
    )


def _copy(film: FilmSource, copy: BinaryIO | None) -> str:
    film.seek(0)
    hasher = hashlib.sha256()
    while block := film.read(CHUNK):
        hasher.update(block)
        if copy is not None:
            copy.write(block)
    return hasher.hexdigest()


def remove_old_leftovers() -> None:
    """Delete what killed uploads and registrations left behind; what still grows is only minutes old."""
    for pattern in (
        f"{PART}*",
        f"originals/*/{PART}*",
        f"models/{PART}*",
        f"exports/{PART}*",
        f"reports/*/{PART}*",
    ):
        for part in Path(settings.DATA_DIR).glob(pattern):
            with contextlib.suppress(OSError):  # another sweep may be deleting it too
                age = abs(time.time() - part.stat().st_mtime)  # ahead, where the clock was set back
                if age > LEFTOVER_SECONDS:
                    shutil.rmtree(part) if part.is_dir() else part.unlink()


def originals_that_differ(*, read_all: bool) -> Iterator[str]:
    """Every film whose file is missing or not as long as received, in words; those that are held, too.

    `read_all`: compare their SHA-256 too, which reads every byte.
    """
    filed = Scan.objects.order_by("pk")
    held = HeldFilm.objects.filter(scan=None).order_by("pk")  # waiting or rejected
    for name, films in (("scan", filed), ("held film", held)):
        columns = films.values_list("public_id", "original", "size_bytes", "sha256")
        for public_id, original, size, sha256 in columns.iterator():
            if told := _differs(original, size, sha256 if read_all else ""):
                yield f"{name} {public_id}: {told}"


def _differs(original: str, size: int, sha256: str) -> str:
    """What is wrong with the file of a film, in words; its bytes are read where a SHA-256 is given."""
    path = path_of(original)
    if not path.is_file():
        return f"its file is missing below DATA_DIR ({original})"
    if path.stat().st_size != size:
        return f"its file has {path.stat().st_size} bytes, {size} were received"
    if sha256 and _digest_of(path) != sha256:
        return f"its file is not the one that was received ({original})"
    return ""


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -------------------------------------------------------------------- pictures made from a film


def pictures_folder(scan: Scan) -> Path:
    """The scan's own folder below DATA_DIR, named by its random id, so that the path reveals nothing."""
    identity = str(scan.public_id)
    return Path("derived", identity[:2], identity)


def display_path(scan: Scan, *, corrected: bool = False) -> str:
    """Path below DATA_DIR of the film's display image, as it came or as it was put right."""
    return str(pictures_folder(scan) / f"display{'-corrected' if corrected else ''}.jpg")


def thumbnail_path(scan: Scan, *, corrected: bool = False) -> str:
    """Path below DATA_DIR of the thumbnail, as the film came or as it was put right."""
    return str(pictures_folder(scan) / f"thumbnail{'-corrected' if corrected else ''}.jpg")


def heatmap_path(scan: Scan, model: ModelVersion) -> str:
    """Path below DATA_DIR of a network's heatmap; each network has its own, so earlier ones stay."""
    return str(pictures_folder(scan) / f"heatmap-{model.public_id}.png")


def write_picture(stored: str, content: bytes) -> None:
    """Write a picture to its path below DATA_DIR."""
    target = path_of(stored)

    def write(file: BinaryIO) -> Path:
        file.write(content)
        return target

    _write_whole(target.parent, write)


def remove_leftovers(scan: Scan) -> None:
    """Delete files left behind by attempts that were killed while writing."""
    for part in path_of(str(pictures_folder(scan))).glob(f"{PART}*"):
        part.unlink(missing_ok=True)


def export_path(export: uuid.UUID) -> Path:
    """The full path of a prepared export's file."""
    return path_of(f"exports/{export}.zip")


def write_export(export: uuid.UUID, write: Callable[[BinaryIO], None]) -> None:
    """Write an export's file, which nobody but the portal's own user may read. Raises OSError."""
    target = export_path(export)
    target.parent.mkdir(mode=0o700, exist_ok=True)

    def whole(file: BinaryIO) -> Path:
        write(file)
        return target

    _write_whole(target.parent, whole, mode=0o600)


def remove_exports_but(kept: Collection[uuid.UUID]) -> None:
    """Delete every export's file but these."""
    names = {export_path(export).name for export in kept}
    for file in path_of("exports").glob("*.zip"):
        if file.name not in names:
            file.unlink(missing_ok=True)
