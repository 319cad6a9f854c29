"""Sends anchors on, by mail and to a URL, and keeps trying until each has arrived."""

import json
import logging
import smtplib
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.audit import keys
from accounts.audit.anchors import Anchor, anchors

logger = logging.getLogger(__name__)

SECONDS = 10
AT_ONCE = 30  # after a long failure only the newest: each of them names all that came before
LATE = timedelta(hours=3)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotDelivered(Exception):
    """An anchor did not arrive; the message says why."""


def deliver() -> None:
    """Send to each destination what has not arrived there; what fails is logged and tried again."""
    for name, send in _destinations().items():
        waiting = _waiting(name)[-AT_ONCE:]
        if not waiting:
            continue
        try:
            send(waiting)
        except (NotDelivered, OSError, HTTPException, smtplib.SMTPException) as error:
            logger.error("anchor %s did not reach %s: %s", waiting[-1].number, name, error)
        else:
            _note(name, waiting[-1].number)


def late() -> list[str]:
    """Which destination has been waiting for an anchor for hours, in words."""
    limit = datetime.now(UTC) - LATE
    return [
        f"Anchor {waiting[0].number} of {waiting[0].at:%Y-%m-%d %H:%M} UTC has not reached {name}: "
        "the worker's log says why."
        for name in _destinations()
        if (waiting := _waiting(name)) and waiting[0].at < limit
    ]


def is_safe(url: str) -> bool:
    """Whether anchors may be sent to this address: HTTPS, or this machine itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _destinations() -> dict[str, Callable[[list[Anchor]], None]]:
    found: dict[str, Callable[[list[Anchor]], None]] = {}
    if settings.AUDIT_ANCHOR_MAIL:
        found["AUDIT_ANCHOR_MAIL"] = _mail
    if settings.AUDIT_ANCHOR_URL:
        found["AUDIT_ANCHOR_URL"] = _post
    return found


def _waiting(name: str) -> list[Anchor]:
    arrived = _arrived().get(name, 0)
    return [anchor for anchor in anchors() if anchor.number > arrived]


def _lines(waiting: list[Anchor]) -> str:
    return "".join(f"{anchor.line}\n" for anchor in waiting)


def _mail(waiting: list[Anchor]) -> None:
    text = (
        "Keep this message. It names the last event of Carina's audit trail; if the trail is rewritten "
        "later, manage.py verify_audit_trail --anchors FILE shows it, with this text in the file.\n\n"
    )
    subject = f"[Carina] Anchor {waiting[-1].number} of the audit trail"
    EmailMessage(subject, text + _lines(waiting), to=settings.AUDIT_ANCHOR_MAIL).send()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET without its body, and count as delivered."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _post(waiting: list[Anchor]) -> None:
    url = settings.AUDIT_ANCHOR_URL
    if not is_safe(url):
        raise NotDelivered("the address must begin with https://")
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    request = urllib.request.Request(url, _lines(waiting).encode(), headers)  # noqa: S310 - checked above
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:  # without its text: the address may hold a secret
        raise NotDelivered(f"the answer was {error.code}") from None


def _state() -> Path:
    return keys.audit_folder() / "delivered.json"


def _arrived() -> dict[str, int]:
    try:
        found = json.loads(_state().read_text())
        return {str(name): int(number) for name, number in found.items()}
    except (OSError, AttributeError, TypeError, ValueError):
        return {}  # then they are sent once more, which does no harm


def _note(name: str, number: int) -> None:
    part = _state().with_suffix(".part")
    part.write_text(json.dumps({**_arrived(), name: number}))
    part.replace(_state())
