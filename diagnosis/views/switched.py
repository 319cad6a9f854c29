"""What a page opened for one clinic is told when its sender has switched to another since."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect

from accounts.http import SignedIn, wants_json


def is_opened_elsewhere(request: SignedIn) -> bool:
    """Whether what is sent names another clinic than its sender works for now."""
    clinic, opened_in = request.user.clinic, request.POST.get("opened_in", "")
    return bool(opened_in) and clinic is not None and opened_in != str(clinic.public_id)


def for_clinic_of_list(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Run the view unless the list of many films was opened for another clinic; it stands by the view."""

    @wraps(view)
    def checked(request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST" or not is_opened_elsewhere(request):
            return view(request, *args, **kwargs)
        words = (
            f"This list was opened for another clinic, and you work for {request.user.clinic} now. Nothing "
            "was added, changed or sent. Switch back in the menu, in another tab, and try again; or load "
            f"this page again for a list of {request.user.clinic}."
        )
        if wants_json(request):
            return JsonResponse({"text": words}, status=409)
        messages.error(request, words)
        return redirect("batch")

    return checked
