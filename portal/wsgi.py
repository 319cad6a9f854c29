"""The WSGI entry point that gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
settings.SECRET_KEY  # noqa: B018 - without a key Django says so here, not at somebody's first sign-in
_portal = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The portal; a request whose header names an alphabet that cannot be read is answered 400.

    Django reads the header and the query before any of its error handling stands. The server would answer 500
    and log the whole address, in which a search for a patient's name may be.
    """
    try:
        return _portal(environ, start_response)
    except (ValueError, LookupError, SuspiciousOperation):  # whatever a view raises was answered further in
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"This request could not be understood. Nothing was changed.\n"]
