"""Whether films can be taken just now; asked before a byte of them is read.

A film that could not be kept, or that no worker would hear of, is refused in words while the sender still has
it. Everything else goes on: what is on record is read, reviewed and signed.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import connection

from diagnosis.services import messenger, storage

V = TypeVar("V", bound=Callable[..., Any])


@dataclass(frozen=True)
class Shut:
    """Why no film is taken: an HTTP status and the words."""

    status: int
    text: str


_KEPT: Final = (
    "What is on record can be read and signed. Tell the portal’s operator, and send the film again later."
)
NO_ROOM: Final = Shut(507, f"The portal’s disk has no room for films just now, so none was taken. {_KEPT}")
NO_QUEUE: Final = Shut(
    503, f"The portal’s queue is out of order and nothing would be analysed, so no film was taken. {_KEPT}"
)


def takes_films(view: V) -> V:
    """Mark a view that is sent films, whole or a piece of one: it is not called while none can be taken."""
    view.takes_films = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def brings_films(method: str | None, view: Any) -> bool:
    """Whether a request with this method to this view is one that brings films."""
    return method in ("POST", "PATCH") and bool(getattr(getattr(view, "cls", view), "takes_films", False))


def keeps_what_came(view: V) -> V:
    """Mark a view that is called with the part of a body that came before its line was cut."""
    view.keeps_what_came = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def shut(size: int) -> Shut | None:
    """Why a request of this many bytes cannot be taken, or None. Raises a database error if that is why."""
    if not storage.has_room(size) or _free_for_uploads() < size:
        return NO_ROOM
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return None if messenger.takes_messages() else NO_QUEUE


def _free_for_uploads() -> int:
    try:
        return shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir()).free
    except OSError:
        return -1
