"""The typed request of a view behind `allowed_if`, and whether it asks for JSON."""

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
