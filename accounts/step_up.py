"""Asks for the password or a second factor again before what must not be done from a screen left open.

Whoever signed in or confirmed within REAUTHENTICATION_MINUTES is not asked. What was typed survives the
detour: the form waits in the session, on the server, and is sent as soon as the person has confirmed.
"""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from allauth.account.internal.flows.login import record_authentication
from allauth.core.internal.httpkit import serialize_request
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import resolve
from django.utils.http import urlencode

from accounts.http import wants_json
from accounts.models import User

CONFIRM_FIRST = "Confirm that it is you first: load the page again. Nothing was changed."


def note_sign_in(request: HttpRequest, user: User) -> None:
    """Count the sign-in itself as a confirmation; allauth counts later ones only."""
    record_authentication(request, user, method="sign_in", reauthenticated=True)


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """The way to confirm who one is, or None for whoever did so a short while ago.

    A view or an admin action returns it in place of its own answer; the same request comes again afterwards.
    """
    request.resolver_match = resolve(request.path_info)  # of this page, also when it comes again
    if reauthentication.did_recently_reauthenticate(request):
        return None
    if wants_json(request):
        return JsonResponse({"message": CONFIRM_FIRST}, status=403)
    back = request.get_full_path()
    if request.method == "POST":
        # With the address alone: allauth sends the form again only where it finds the same one, and takes the
        # query from what it kept.
        back = request.path
        request.session[reauthentication.STATE_SESSION_KEY] = {"request": serialize_request(request)}
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    return redirect(f"{methods[0]['url']}?{urlencode({'next': back})}")
