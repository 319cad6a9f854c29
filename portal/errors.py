"""Answers what went wrong: a page for people, text for our script, a problem for the API."""

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults

from accounts.http import wants_json
from diagnosis.access import NotShown
from diagnosis.api import problems
from diagnosis.services.intake.form_reader import UnreadableField

UNREADABLE = "This request could not be understood. Nothing was changed. Reload the page and try again."


def answer(request: HttpRequest, status: int, title: str, text: str, *, code: str = "") -> HttpResponse:
    """The same words for whoever asked; `code` is the type of the API's problem."""
    if is_api(request):
        return problems.answer(status, title, text, code=code)
    if wants_json(request):
        return JsonResponse({"text": text}, status=status)
    context = {"status": status, "title": title, "text": text}
    return render(request, "error.html", context, status=status)


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks, whatever letters it writes the address in."""
    return f"{request.path.lower()}/".startswith(("/api/", "/dicom-web/"))


# Django's own handlers read the form again for their CSRF check, which fails where reading it was the fault.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request could not be read, or not safely."""
    return answer(request, 400, "This request could not be understood", _words(exception), code="unreadable")


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the reader's role does not allow it."""
    if is_api(request):
        return problems.answer(403, HTTPStatus.FORBIDDEN.phrase, "You may not do this.")
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing there, or nothing for this reader."""
    if is_api(request):
        return problems.answer(404, HTTPStatus.NOT_FOUND.phrase, problems.NOTHING)
    if isinstance(exception, NotShown):
        text = exception.told + (" What you sent was not taken." if request.method == "POST" else "")
        context = {"status": 404, "title": "Not shown to you here", "text": text, "typed": exception.typed}
        return render(request, "error.html", context, status=404)
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault; the page needs neither database nor user."""
    if is_api(request):
        return problems.answer(500, HTTPStatus.INTERNAL_SERVER_ERROR.phrase, problems.BROKEN)
    return defaults.server_error(request)


def _words(exception: Exception) -> str:
    if isinstance(exception, UnreadableField):
        return f"“{exception.field}”: {exception.message} Nothing was changed."
    if isinstance(exception, TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return f"More than {most} files were sent at once, and none was kept. Send at most {most} at a time."
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return "The text of this form is too long, and nothing was kept. Shorten it and send it again."
    return UNREADABLE
