"""The typed request of a view behind `allowed_if`, whether it asks for JSON, and where it comes from."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedIn(HttpRequest):
    """A request from a user who is signed in and approved."""

    user: User
    htmx: HtmxDetails


def wants_json(request: HttpRequest) -> bool:
    """Whether the request comes from our own script, which shows errors next to their fields."""
    return "application/json" in request.headers.get("Accept", "")


def network_address(request: HttpRequest | None) -> str:
    """Where a request comes from; "" outside one, and where no address is known, as over a Unix socket."""
    if request is None:
        return ""
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:  # allauth's word for an unknown address
        return ""
