"""Answers requests that could not be read, as a page or as JSON for our script."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from accounts.http import wants_json
from diagnosis.services.intake.form_reader import UnreadableField


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for status 400, or the message as JSON (`text`) for our script."""
    if wants_json(request):
        return JsonResponse({"text": _words(exception)}, status=400)
    return defaults.bad_request(request, exception)


def _words(exception: Exception) -> str:
    if isinstance(exception, UnreadableField):
        return f"“{exception.field}”: {exception.message} Nothing was changed."
    if isinstance(exception, TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return f"More than {most} files were sent at once, and none was kept. Send at most {most} at a time."
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return "The text of this form is too long, and nothing was kept. Shorten it and send it again."
    return "This request could not be understood. Nothing was changed. Reload the page and try again."
