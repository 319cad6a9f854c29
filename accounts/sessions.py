"""The sessions of a person: which there are, how long each lasts without activity, and how they end.

The last activity stands in the session itself, noted to the minute; the row that the person sees in their
list follows it. What a page asks by itself is no activity.
"""

import time

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import AnonymousUser
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.http import network_address
from accounts.models import User

LAST_ACTIVE = "last_active"
TIMED_OUT_AFTER = "timed_out_after"  # minutes; the sign-in page says so
NOTE_EVERY = 60.0  # seconds: not every request may write


def listed(user: User) -> list[UserSession]:
    """The person's sessions, the one used last first; those that have ended are taken out of the list."""
    alive = UserSession.objects.purge_and_list(user)
    return sorted(alive, key=lambda session: session.last_seen_at, reverse=True)


def end_sessions(*, user: User) -> None:
    """End every session of this person at its next request."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)


def end_one(request: HttpRequest, user: User, session: UserSession) -> None:
    """End one session of this person at once."""
    session.end()
    _record(request, user, "user.session_ended", sessions=1)


def end_others(request: HttpRequest, user: User) -> None:
    """End every session of this person but the one that asks, those that no list knows included."""
    end_sessions(user=user)
    user.refresh_from_db(fields=["session_epoch"])
    update_session_auth_hash(request, user)  # gives this session a new key
    ended, _ = UserSession.objects.filter(user=user).delete()
    UserSession.objects.create_from_request(request)
    _record(request, user, "user.sessions_ended", sessions=max(0, ended - 1))


def seconds_left(request: HttpRequest) -> int:
    """How long this session lasts without activity; 0 where nobody is signed in."""
    if not request.user.is_authenticated:
        return 0
    last = request.session.get(LAST_ACTIVE, time.time())
    return max(0, int(last + settings.SESSION_IDLE_SECONDS - time.time()))


def is_timed_out(request: HttpRequest) -> bool:
    last = request.session.get(LAST_ACTIVE)
    return last is not None and time.time() - last > settings.SESSION_IDLE_SECONDS


def note_activity(request: HttpRequest, *, ago: float = 0) -> None:
    """Note that the person did something, `ago` seconds before now; never sets the clock back."""
    now = time.time()
    last = request.session.get(LAST_ACTIVE)
    if last is not None and last <= now and (now - ago) - last < NOTE_EVERY:
        return  # a time to come is a clock that was set back: then it is written
    request.session[LAST_ACTIVE] = now - ago
    key = request.session.session_key
    UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now())


def time_out(request: HttpRequest, user: User) -> None:
    """End this session because nothing happened for too long; its page goes on as nobody's."""
    _record(request, user, "user.timed_out")
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    request.session.flush()
    request.user = AnonymousUser()
    request.session[TIMED_OUT_AFTER] = settings.SESSION_IDLE_SECONDS // 60


def _record(request: HttpRequest, user: User, action: str, **facts: int) -> None:
    subject = f"user:{user.public_id}"
    told = {"person": user.email, "from": network_address(request), **facts}
    audit.record(actor=user, action=action, subject=subject, clinic=user.clinic_id, facts=told)
