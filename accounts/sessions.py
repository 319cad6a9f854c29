"""The sessions of a person: which there are, ended one by one or all at once."""

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.db.models import F
from django.http import HttpRequest

from accounts.models import User


def end_sessions(*, user: User) -> None:
    """End every session of this person at its next request."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)


def end_others(request: HttpRequest, user: User) -> None:
    """End every session of this person but the one that asks, those that no list knows included."""
    end_sessions(user=user)
    user.refresh_from_db(fields=["session_epoch"])
    update_session_auth_hash(request, user)  # gives this session a new key
    UserSession.objects.filter(user=user).delete()
    UserSession.objects.create_from_request(request)
