"""Whether films can be taken just now, asked before the body of the request that brings them is received."""

from typing import Any

from django.db import close_old_connections
from django.urls import Resolver404, resolve

from diagnosis.services.intake import door


def shut(environ: dict[str, Any], size: int) -> door.Shut | None:
    """Why no film is taken, or None; also for a request that brings none."""
    try:
        path = environ["PATH_INFO"].encode("latin-1").decode()
        view = resolve(path).func
    except (Resolver404, UnicodeError):
        return None
    if not door.brings_films(environ["REQUEST_METHOD"], view):
        return None
    close_old_connections()
    try:
        return door.shut(size)
    finally:
        close_old_connections()
