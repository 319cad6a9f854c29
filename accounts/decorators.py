"""The gate before every page: signed in, approved, and allowed to do this."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

View = Callable[..., HttpResponseBase]


def allowed_if(may: Callable[[object], bool]) -> Callable[[View], View]:
    """Let a view run only for approved users of whom `may` is true.

    Nobody is sent to sign in, whoever waits for approval to the page that says so, and a colleague without
    the right gets 403.
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            assert request.user.is_authenticated  # login_required saw to it
            if not request.user.is_approved:
                return redirect("approval_waiting")
            if not may(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return gate

    return decorate
