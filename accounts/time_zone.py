"""Pages show times as the clinic's clocks do; whoever belongs to none sees the installation's time zone."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ClinicTime:
    """Reads and writes times within a request in the time zone of the signed-in person's clinic."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(zone_of(request)):
            return self.get_response(request)


def zone_of(request: HttpRequest) -> str | None:
    """The name of the clinic's time zone; None for the installation's."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    return (request.user.clinic.time_zone if request.user.clinic else "") or None
