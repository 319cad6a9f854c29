"""Files that arrive by pieces: each piece is kept as it comes, and nothing that came is lost with the line.

A file's row says how many bytes count; bytes behind that in the file belong to a piece whose process was
killed, and are written over. While a piece is written the file is locked, so that two never interleave.
"""

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from diagnosis.models import Upload
from diagnosis.services import storage
from diagnosis.services.arriving import Arriving

FOLDER: Final = "uploads"
ZIP: Final = b"PK\x03\x04"
TAKEN_FOR: Final = timedelta(
    hours=1
)  # after a form brought it: the form may come again if its answer is lost
DIGESTS: Final = ("sha1", "sha256")
_MEGABYTE: Final = 1024**2


class Refused(Exception):
    """A file or piece is not taken: `status` for the protocol, and words for the sender."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


_BUSY: Final = "Another piece of this file is still being written. It goes on by itself."
_NO_ROOM: Final = (
    "The portal’s disk is full. What came of this film is kept. Tell the portal’s operator, and send the "
    "rest later."
)
_ELSEWHERE: Final = (
    "The portal has another part of this film than your browser thought. It goes on by itself."
)
OVER: Final = "The time for sending this film is over, and what had come was deleted. Choose the film again."
_TOO_MUCH: Final = "More came than the film has bytes. Remove it from the list and choose it again."
_DAMAGED: Final = "This piece was damaged on its way. It is sent again."


# ------------------------------------------------------------------------------------ one file's way


def opened(*, user: User, length: int, name: str) -> Upload:
    """A new file, of which nothing has come. Raises Refused where it, or all together, are too large."""
    assert user.clinic_id is not None
    if length > settings.MAX_REQUEST_BYTES:
        raise Refused(413, f"This file is larger than {settings.MAX_REQUEST_BYTES // _MEGABYTE} MB.")
    if not storage.has_room(length):
        raise Refused(507, _NO_ROOM)
    public_id = uuid.uuid4()
    upload = Upload(
        public_id=public_id, clinic_id=user.clinic_id, user=user, name=name, length=length,
        path=f"{FOLDER}/{public_id}", expires_at=_later(),
    )  # fmt: skip
    file = storage.path_of(upload.path)
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise Refused(507, _NO_ROOM) from error
    try:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)  # two at once would both find room
            _check_total(user, length)
            upload.finished_at = timezone.now() if not length else None
            upload.save()
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return upload


def _check_total(user: User, length: int) -> None:
    """Whether one more file is within what a person may send: as much, and as many, as one request has.

    What was taken and still lies here for a repeat counts, too; the oldest of it goes where room is needed.
    """
    mine = Upload.objects.filter(user=user)
    coming = on_their_way(mine)
    if not _is_within(coming, length):
        most = f"{settings.MAX_REQUEST_BYTES // _MEGABYTE} MB"
        there = coming.exclude(clinic=user.clinic_id).exists()
        raise Refused(
            413,
            f"You have {coming.count()} films on their way, and together they may have {most}. Send or "
            "discard some of them on the page New study first."
            + (" What you began for another clinic stands there when you work for that clinic." * there),
        )
    for taken in mine.exclude(taken_at=None).order_by("taken_at", "pk"):
        if _is_within(mine, length):
            return
        discard(taken)


def _is_within(uploads: QuerySet[Upload], length: int) -> bool:
    here = uploads.filter(expires_at__gt=timezone.now()).aggregate(total=Sum("length"), count=Count("pk"))
    total = (here["total"] or 0) + length
    return total <= settings.MAX_REQUEST_BYTES and here["count"] < settings.DATA_UPLOAD_MAX_NUMBER_FILES


def on_their_way(uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Of these, all that have neither been taken in nor are over."""
    return uploads.filter(taken_at=None, expires_at__gt=timezone.now())


def is_over(upload: Upload) -> bool:
    """Whether its time is over; what came of it goes with the next sweep."""
    return upload.expires_at <= timezone.now()


def append(
    upload: Upload, *, offset: int, pieces: Iterable[bytes], checksum: tuple[str, bytes] | None = None
) -> Upload:
    """Write what comes at this offset; where the line breaks, what came by then counts. Raises Refused.

    checksum: one of DIGESTS and the digest of the whole piece; a piece that differs does not count.
    """
    with _locked(upload) as file:
        upload.refresh_from_db()  # another piece may have ended while this one waited
        if is_over(upload):
            raise Refused(410, OVER)
        if offset != upload.offset:
            raise Refused(409, _ELSEWHERE)
        if upload.finished_at is not None:
            return upload  # nothing is missing, and no empty piece keeps it here for longer
        hasher = hashlib.new(checksum[0]) if checksum else None
        written, full = _written(file, upload, pieces, hasher)
        if hasher is not None and checksum is not None and hasher.digest() != checksum[1]:
            raise Refused(460, _DAMAGED)
        _advance(upload, written)
    if full:
        raise Refused(507, _NO_ROOM)
    return upload


@contextlib.contextmanager
def _locked(upload: Upload) -> Iterator[io.FileIO]:
    """The file, for one process alone; the lock goes with the process, however that ends."""
    try:
        file = io.FileIO(storage.path_of(upload.path), "r+")
    except FileNotFoundError as error:
        raise Refused(410, OVER) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(423, _BUSY) from error
        yield file


def _written(file: io.FileIO, upload: Upload, pieces: Iterable[bytes], hasher: Any) -> tuple[int, bool]:
    """How many bytes are on disk now, and whether that is full. Raises Refused for bytes that cannot be."""
    written, full = 0, False
    file.seek(upload.offset)
    file.truncate()
    for piece in pieces:
        if upload.offset + written + len(piece) > upload.length:
            raise Refused(413, _TOO_MUCH)
        if hasher is not None:
            hasher.update(piece)
        try:
            _write_all(file, piece)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS):
                raise
            full = True
            break
        written += len(piece)
        _check_kind(file, upload, upload.offset + written)
    os.fsync(file.fileno())  # what counts must not be lost in a power cut
    return written, full


def _write_all(file: io.FileIO, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) or 0 :]


def _check_kind(file: io.FileIO, upload: Upload, came: int) -> None:
    """Only a ZIP may be longer than a film: each film in it has its limit when it is taken out."""
    if upload.length <= settings.MAX_FILM_BYTES or came < len(ZIP):
        return
    if os.pread(file.fileno(), len(ZIP), 0) != ZIP:
        most = settings.MAX_FILM_BYTES // _MEGABYTE
        raise Refused(
            413, f"The file is larger than {most} MB. Export the film as JPEG, or at a lower resolution."
        )


def _advance(upload: Upload, written: int) -> None:
    now = timezone.now()
    with transaction.atomic():
        locked = Upload.objects.select_for_update().filter(pk=upload.pk, offset=upload.offset).first()
        if locked is None:
            raise Refused(409, _ELSEWHERE)
        locked.offset = F("offset") + written
        locked.expires_at = _later()
        locked.finished_at = now if upload.offset + written == upload.length else None
        locked.save(update_fields=["offset", "expires_at", "finished_at"])
    upload.refresh_from_db()


def discard(upload: Upload) -> None:
    """Forget a file, and what came of it."""
    upload.delete()
    storage.path_of(upload.path).unlink(missing_ok=True)


# -------------------------------------------------------------------------------------- a form's films


class ArrivedFilm(UploadedFile):
    """A whole file that came by pieces, as an upload that becomes the original without being copied."""


@contextlib.contextmanager
def films_of(uploads: Sequence[Upload]) -> Iterator[list[tuple[ArrivedFilm, str]]]:
    """The films in these files, with their names; once they were looked at, they are no longer on their way.

    They stay for TAKEN_FOR: a form that comes again, because its answer was lost, finds its films. Raises
    Refused where a file is gone.
    """
    with contextlib.ExitStack() as stack:
        films = []
        for upload in uploads:
            try:
                file = Arriving(io.FileIO(storage.path_of(upload.path), "r+"))
            except FileNotFoundError as error:
                raise Refused(410, OVER) from error
            stack.callback(file.close)
            films.append((ArrivedFilm(file, upload.name, "", upload.length, None), upload.name))
        yield films
    now = timezone.now()
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads], taken_at=None).update(
        taken_at=now, expires_at=now + TAKEN_FOR
    )


# ------------------------------------------------------------------------------------------ sweeping


def tidy() -> None:
    """Delete what is over, row and file, and files without a row."""
    for upload in Upload.objects.filter(expires_at__lte=timezone.now()):
        with contextlib.suppress(Refused), _locked(upload):  # a piece is being written: next time
            upload.refresh_from_db()
            if is_over(upload):
                discard(upload)
        if not storage.path_of(upload.path).exists():
            Upload.objects.filter(pk=upload.pk).delete()
    _remove_files_without_row()


def _remove_files_without_row() -> None:
    for file in storage.path_of(FOLDER).glob("*"):
        if _is_old(file) and not Upload.objects.filter(path=f"{FOLDER}/{file.name}").exists():
            file.unlink(missing_ok=True)


def _is_old(file: Path) -> bool:
    try:
        return abs(timezone.now().timestamp() - file.stat().st_mtime) > storage.LEFTOVER_SECONDS
    except OSError:
        return False


def _later() -> Any:
    return timezone.now() + timedelta(days=settings.UPLOAD_DAYS)
