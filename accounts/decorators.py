"""The check before every page: signed in, approved, and allowed to do this."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

View = Callable[..., HttpResponseBase]


def allowed_if(may: Callable[[object], bool]) -> Callable[[View], View]:
    """Run the view only for approved users for whom `may` is true.

    Anonymous visitors are sent to sign in, users waiting for approval to the page about it; users without
    the right get 403.
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
