"""Recognises the browsers in which somebody has signed in before.

A cookie with a random key marks the browser, whoever uses it: on a ward several people share one. It opens
nothing. It tells the owner of an account from a stranger who guesses its password, and a new browser from a
known one, for the mail about it.
"""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import KnownBrowser, User

COOKIE = "carina_browser"
KEPT_FOR = timedelta(days=180)  # since the last sign-in
LONGEST_KEY = 100
PROVED_BY_MAIL = "accounts.proved_by_mail"


def known(request: HttpRequest, user: User | None) -> KnownBrowser | None:
    """The row of this browser and this person, or None if they have not met within half a year."""
    found = KnownBrowser.objects.filter(
        user=user, key_hash=_hash(_key(request)), last_used_at__gt=timezone.now() - KEPT_FOR
    )
    return found.first()  # asked for nobody and for no key as well, so that the answer takes equally long


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Note that this person signed in here, and give the browser its key if it has none."""
    key = _key(request)
    if not KnownBrowser.objects.filter(key_hash=_hash(key)).exists():
        key = secrets.token_urlsafe(32)  # a key that the portal never gave out is none
    KnownBrowser.objects.update_or_create(
        user=user, key_hash=_hash(key), defaults={"last_used_at": timezone.now()}
    )
    KnownBrowser.objects.filter(user=user, last_used_at__lte=timezone.now() - KEPT_FOR).delete()
    response.set_cookie(
        COOKIE,
        key,
        max_age=KEPT_FOR,
        path="/accounts/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(user: User) -> None:
    """Treat every browser of this person as new, because somebody else may have used one."""
    KnownBrowser.objects.filter(user=user).delete()


def prove_by_mail(request: HttpRequest, user: User) -> None:
    """Note that whoever sits here has read the person's mail: a link in it let them choose a password."""
    request.session[PROVED_BY_MAIL] = user.pk


def is_proved_by_mail(request: HttpRequest, user: User | None) -> bool:
    return user is not None and request.session.get(PROVED_BY_MAIL) == user.pk


def described(user_agent: str) -> str:
    """A browser and its system in words, such as “Firefox on Windows”."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "An unknown browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


# Each names itself after others too, so the order matters.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "an iPhone"), ("iPad", "an iPad"),
    ("CrOS", "ChromeOS"), ("Mac OS", "a Mac"), ("Linux", "Linux"),
)  # fmt: skip


def _key(request: HttpRequest) -> str:
    key = request.COOKIES.get(COOKIE, "")
    return key if len(key) <= LONGEST_KEY else ""


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest() if key else ""
