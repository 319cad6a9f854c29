"""The WSGI entry point that gunicorn serves."""

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
logger = logging.getLogger(__name__)
settings.SECRET_KEY  # noqa: B018 - without a key Django fails here, not at the first sign-in
_portal = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - every view is loaded now, not while the first visitor waits


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Call the portal; answer 400 to a request whose header names an unreadable character encoding.

    Django reads the header and the query before its error handling is in place. The server would answer 500
    and log the whole address, which may hold a search for a patient's name.
    """
    try:
        return _portal(environ, start_response)
    except (
        ValueError,
        LookupError,
        SuspiciousOperation,
        BadRequest,
    ) as error:  # those of views were handled further in
        logger.warning(
            "a request was answered 400 outside every view: %s", type(error).__name__, exc_info=True
        )
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"This request could not be understood. Nothing was changed.\n"]
