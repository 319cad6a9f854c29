"""What a view behind `allowed_if` is given: the typed request, and who asks for JSON."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedIn(HttpRequest):
    """A request of somebody who is signed in and approved."""

    user: User
    htmx: HtmxDetails


def wants_json(request: HttpRequest) -> bool:
    """Whether our own script asks, which shows each answer where it belongs."""
    return "application/json" in request.headers.get("Accept", "")
