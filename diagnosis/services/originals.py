"""Where the bytes of films lie: below DATA_DIR, one file for each content and clinic, whole or not at all.

The path is made of the content's SHA-256, so two uploads of the same bytes write the same file, and writing
it twice is harmless. A file whose transaction failed afterwards stays behind as an orphan; nobody deletes it
here, because another upload of the same bytes may be about to name it.
"""

import contextlib
import hashlib
import logging
import os
import tempfile
import time
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings

from accounts.models import Clinic
from diagnosis.imaging.header import FilmHeader, FilmSource
from diagnosis.imaging.refusal import FilmRefused, Refusal

CHUNK: Final = 1024 * 1024
PART: Final = ".receiving-"
LEFTOVER_SECONDS: Final = 24 * 3600

logger = logging.getLogger(__name__)


def digest(film: FilmSource) -> str:
    """SHA-256 of a stream from its beginning, read in chunks."""
    film.seek(0)
    hasher = hashlib.sha256()
    while block := film.read(CHUNK):
        hasher.update(block)
    return hasher.hexdigest()


def keep(*, clinic: Clinic, film: FilmSource, header: FilmHeader) -> tuple[str, str]:
    """Store a film byte for byte; its path below DATA_DIR and its SHA-256.

    Written under a temporary name, flushed to the disk and renamed: what has its final name is whole.
    Raises FilmRefused(not_stored) where the disk cannot take it; the log says why.
    """
    try:
        return _keep(clinic, film, header)
    except OSError as error:
        logger.error("a film could not be stored below DATA_DIR: %s", error.strerror)
        raise no_room() from error


def no_room() -> FilmRefused:
    """The refusal of a film that the disk cannot hold."""
    return FilmRefused(
        Refusal.STORAGE,
        "The server could not store the film; its disk may be full.",
        "Tell the administrator, and send the film again later.",
    )


def _keep(clinic: Clinic, film: FilmSource, header: FilmHeader) -> tuple[str, str]:
    folder = Path("originals", str(clinic.public_id))
    root = Path(settings.DATA_DIR)
    (root / folder).mkdir(parents=True, exist_ok=True, mode=0o750)
    _remove_leftovers(root / folder)
    handle, part = tempfile.mkstemp(prefix=PART, dir=root / folder)
    try:
        with os.fdopen(handle, "wb") as copy:
            sha256 = _copy(film, copy)
            os.fchmod(copy.fileno(), settings.FILE_UPLOAD_PERMISSIONS)
        path = folder / sha256[:2] / f"{sha256}.{header.extension}"
        (root / path).parent.mkdir(exist_ok=True, mode=0o750)
        Path(part).replace(root / path)
        _flush_folder((root / path).parent)
    finally:
        Path(part).unlink(missing_ok=True)
    return str(path), sha256


def _remove_leftovers(folder: Path) -> None:
    """Delete what uploads left behind that were killed in the middle; those under way are minutes old."""
    for part in folder.glob(f"{PART}*"):
        with contextlib.suppress(FileNotFoundError):  # another upload may be tidying too
            if time.time() - part.stat().st_mtime > LEFTOVER_SECONDS:
                part.unlink()


def _copy(film: FilmSource, copy: BinaryIO) -> str:
    film.seek(0)
    hasher = hashlib.sha256()
    while block := film.read(CHUNK):
        hasher.update(block)
        copy.write(block)
    copy.flush()
    os.fsync(copy.fileno())  # the row that names this file must not outlive it in a power cut
    return hasher.hexdigest()


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
