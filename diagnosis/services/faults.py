"""What can go wrong in an analysis or with the database, and the words for the people waiting for it."""

import errno
from dataclasses import dataclass

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import InterfaceError, InternalError, OperationalError

from diagnosis.cnn.bundle import BundleError, BundleFormatUnsupported
from diagnosis.imaging.refusal import DecodingTooSlow, FilmRefused
from diagnosis.models import ScanStatus

# MariaDB and MySQL: lock wait timeout, deadlock found, and the savepoint lost in a deadlock
DEADLOCK = frozenset((1205, 1213, 1305))
# … server gone, connection lost, killed, refused during its shutdown or closed as idle
_CUT = frozenset((1053, 1927, 2006, 2013, 2055, 4031))

# Ends that are no fault of the film: it is tried again as soon as the disk takes files.
DISK_FULL, NOT_WRITABLE = "disk_full", "not_writable"
WAITS_FOR_THE_DISK = (DISK_FULL, NOT_WRITABLE)

_BY_ITSELF = "The film is then tried again by itself."
_TELL = "Try again; if it happens again, tell the portal’s operator."


class NoActiveModel(Exception):
    """No network is active in this installation."""


class OriginalChanged(Exception):
    """The stored bytes are not the ones that were received."""


@dataclass(frozen=True)
class Fault:
    """How a scan ends without a prediction: REFUSED (a problem with the film) or FAILED (with the portal)."""

    status: str
    code: str
    reason: str
    unexpected: bool = False
    confidence: float | None = None


def database_is_away(error: BaseException) -> bool:
    """Whether the database is at fault, and nothing that was asked of it: away, full, read-only, locked."""
    return isinstance(error, OperationalError | InterfaceError | InternalError)


def connection_was_lost(error: BaseException) -> bool:
    """Whether the same work may succeed at once, on a new connection: nothing of it was kept."""
    return isinstance(error, InterfaceError) or _code(error) in DEADLOCK | _CUT


def name_of(error: BaseException) -> str:
    """A database error for the log: kind and number; its text may hold what was to be stored."""
    return f"{type(error).__name__} {_code(error) or ''}".strip()


def _code(error: BaseException) -> int:
    number = error.args[0] if error.args else 0
    return number if isinstance(number, int) else 0


def explain(error: Exception, time_limit_error: type[Exception]) -> Fault | None:
    """The fault behind an error, or None for a database error, when no end can be stored."""
    if isinstance(error, AnyDatabaseError):
        return None
    # Decoders turn whatever stops them into a refusal; but a time limit is not the film's fault.
    if isinstance(error, time_limit_error) or isinstance(error.__cause__, time_limit_error):
        return too_slow(settings.ANALYSIS_SOFT_SECONDS)
    if isinstance(error, DecodingTooSlow):
        return _failed(
            "too_slow",
            f"The film could not be decoded within {error.seconds:g} s. Try again; if it happens "
            "again, export the film as an ordinary (baseline) JPEG or as PNG, and send that file.",
        )
    if isinstance(error, FilmRefused):  # by the decoder or by the film gate
        sure = getattr(error, "confidence", None)
        return Fault(ScanStatus.REFUSED, error.code, error.text, confidence=sure)
    return _failure(error)


def too_slow(seconds: int) -> Fault:
    """The fault of an analysis that was stopped after so many seconds."""
    return _failed("too_slow", f"The analysis took longer than {seconds} seconds and was stopped. {_TELL}")


def _failure(error: Exception) -> Fault:
    if isinstance(error, NoActiveModel):
        reason = "No network is active in this portal. Its operator has to activate one; then try again."
        return _failed("no_model", reason)
    if isinstance(error, BundleFormatUnsupported):
        reason = "The active network was made for another release of this portal. The operator has to promote"
        return _failed("model_unsupported", f"{reason} another one. Then try again.", unexpected=True)
    if isinstance(error, BundleError):
        reason = "The active network's files are damaged or missing. The operator has to register it again."
        return _failed("model_damaged", f"{reason} Then try again.", unexpected=True)
    if isinstance(error, OriginalChanged):
        reason = "The stored film is not the one that was received, so it was not analysed. Upload it again"
        return _failed("original_changed", f"{reason} and tell the portal’s operator.", unexpected=True)
    if isinstance(error, FileNotFoundError):
        reason = "The stored film cannot be found. Tell the portal’s operator."
        return _failed("file_missing", reason, unexpected=True)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = f"The portal's disk is full. Its operator has to make room. {_BY_ITSELF}"
        return _failed(DISK_FULL, reason, unexpected=True)
    if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        reason = f"The portal may not write into its data folder. Its operator has to mend that. {_BY_ITSELF}"
        return _failed(NOT_WRITABLE, reason, unexpected=True)
    if isinstance(error, MemoryError):
        return _failed("memory", f"There was not enough memory for this film. {_TELL}", unexpected=True)
    return _failed(
        "error", f"The analysis failed because of an error in this portal. {_TELL}", unexpected=True
    )


def _failed(code: str, reason: str, *, unexpected: bool = False) -> Fault:
    return Fault(ScanStatus.FAILED, code, reason, unexpected)
