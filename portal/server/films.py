"""What is asked about a request that brings films: before it is received, and when its line breaks."""

from typing import Any

from django.db import close_old_connections
from django.urls import Resolver404, resolve

from diagnosis.services.intake import door


def shut(environ: dict[str, Any], size: int) -> door.Shut | None:
    """Why no film is taken, or None; also for a request that brings none."""
    view = _view(environ)
    if view is None or not door.brings_films(environ["REQUEST_METHOD"], view):
        return None
    close_old_connections()
    try:
        return door.shut(size)
    finally:
        close_old_connections()


def keeps_what_came(environ: dict[str, Any]) -> bool:
    """Whether the part of a body that came before its line was cut is of use to its view."""
    return environ["REQUEST_METHOD"] == "PATCH" and bool(getattr(_view(environ), "keeps_what_came", False))


def _view(environ: dict[str, Any]) -> Any:
    try:
        return resolve(environ["PATH_INFO"].encode("latin-1").decode()).func
    except (Resolver404, UnicodeError):
        return None
