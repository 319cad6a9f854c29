"""Why a request's body is not received, in words for whoever sent it."""

from typing import Final, NamedTuple

from django.conf import settings

REFUSED: Final = "carina.refused"  # the server says so to the middleware in the request's environment
MEGABYTE: Final = 1024 * 1024


class Refusal(NamedTuple):
    """A status, and what stands above and below it on the page."""

    status: int
    code: str
    title: str
    text: str


STRANGER, TOO_LARGE, TOO_MANY, TOO_SLOW = "stranger", "too_large", "too_many", "too_slow"
NO_ROOM, NOT_NOW, NO_LENGTH, ENCODED = "no_room", "not_now", "no_length", "encoded"
SHUT: Final = "shut"  # no films are taken just now; why stands in the environment under SHUT_BECAUSE
SHUT_BECAUSE: Final = "carina.shut"


def refusal(reason: str, *, encoding: str = "") -> Refusal:
    """The words for a reason; `encoding` is the Content-Encoding that was sent."""
    if reason == ENCODED:
        text = f"Content-Encoding “{encoding[:40]}” is not supported here. Send the request without it."
        return Refusal(415, "encoded", "Encoded requests are not read", text)
    most = f"{settings.MAX_REQUEST_BYTES // MEGABYTE} MB"
    return {
        STRANGER: Refusal(
            413, "too_large", "Sign in before you send this",
            "You are not signed in, or not any more, so nothing this large was received. "
            "Sign in, in another tab if something is typed here, and send it again.",
        ),
        TOO_LARGE: Refusal(
            413, "too_large", "This upload is too large",
            f"A request may have {most}, and none of this one was kept. Send fewer films at once.",
        ),
        TOO_MANY: Refusal(
            429, "too_many", "Too many uploads at once",
            "Others of yours are still on their way, and none of this one was kept. Send it again later.",
        ),
        TOO_SLOW: Refusal(
            408, "too_slow", "The line was too slow",
            "This request took too long to arrive, and none of it was kept. Send it again, in smaller parts.",
        ),
        NO_ROOM: Refusal(
            503, "no_room", "The portal's disk is full",
            "None of this was kept. Tell the portal's operator, and send it again when there is room.",
        ),
        NOT_NOW: Refusal(
            503, "not_now", "The portal is not ready",
            "A part of it does not answer, and none of this was kept. Send it again in a minute.",
        ),
        NO_LENGTH: Refusal(
            411, "no_length", "The length is missing",
            "This server cannot take a body of unknown length. Send the header Content-Length.",
        ),
    }[reason]  # fmt: skip
