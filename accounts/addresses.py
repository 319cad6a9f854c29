"""The portal's own addresses as they are written in mails and in answers of the API."""

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest


def public_address(request: HttpRequest, address: str) -> str:
    """The full form of one of our addresses: what a sender wrote as Host has no place in it."""
    if not settings.PUBLIC_ADDRESS:
        return str(request.build_absolute_uri(address))
    parts = urlsplit(address)
    return str(settings.PUBLIC_ADDRESS) + urlunsplit(("", "", parts.path, parts.query, parts.fragment))


def public_host(request: HttpRequest) -> str:
    """The portal's name, with its port if that is unusual."""
    return str(settings.PUBLIC_ADDRESS).partition("://")[2] or request.get_host()
