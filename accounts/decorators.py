"""The checks before a page: signed in, approved, allowed to do this; where it matters, confirmed lately."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from accounts import step_up

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


def recently_authenticated(view: View) -> View:
    """Run the view only for somebody who signed in or confirmed their password or factor a short while ago.

    Others are asked first, and then the same request goes on with what was typed; files are not kept. It
    stands below `allowed_if`. In Django admin, call `step_up.ask_again` in the action.
    """

    @wraps(view)
    def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return step_up.ask_again(request) or view(request, *args, **kwargs)

    return gate


def recently_authenticated_to_change(view: View) -> View:
    """The same, for a page that everybody may look at: only changes ask."""

    @wraps(view)
    def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = None if request.method in ("GET", "HEAD") else step_up.ask_again(request)
        return asked or view(request, *args, **kwargs)

    return gate
