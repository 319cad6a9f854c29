"""Records sign-ins, sign-outs and password changes.

Only the framework's signals report these, so this one module listens to them; everything else is recorded by
the service that does it. Failed attempts are limited before they get here (accounts/sign_in_limits.py).
Neither the typed password nor an unknown address is kept: people type one into the other's field.
"""

import time
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.models import EmailAddress
from django.contrib.auth import signals as auth_signals
from django.http import HttpRequest

from accounts import audit, browsers, sessions, step_up
from accounts.http import network_address
from accounts.models import User

ANONYMOUS = "anonymous"


def connect() -> None:
    """Connect the receivers; called once, when the application is ready."""
    for signal, receiver in (
        (auth_signals.user_logged_in, signed_in),
        (auth_signals.user_logged_out, signed_out),
        (auth_signals.user_login_failed, sign_in_failed),
        (account_signals.password_changed, password_changed),
        (account_signals.password_set, password_changed),
        (account_signals.password_reset, password_reset),
        (account_signals.email_confirmed, email_confirmed),
    ):
        signal.connect(receiver, dispatch_uid=f"carina.{receiver.__name__}")


def signed_in(*, request: HttpRequest | None, user: User, **_: Any) -> None:
    if request is not None:
        step_up.note_sign_in(request, user)
        request.session.pop(sessions.TIMED_OUT_AFTER, None)
        request.session[sessions.LAST_ACTIVE] = time.time()
    _record("user.signed_in", user, request)


def signed_out(*, request: HttpRequest | None, user: User | None, **_: Any) -> None:
    if isinstance(user, User):
        _record("user.signed_out", user, request)


def sign_in_failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    typed = credentials.get("email") or credentials.get("username") or ""
    user = User.objects.filter(email=typed).first() if isinstance(typed, str) else None
    _record("user.sign_in_failed", user, request, actor=ANONYMOUS)


def password_changed(*, request: HttpRequest, user: User, **_: Any) -> None:
    _record("user.password_changed", user, request)


def password_reset(*, request: HttpRequest, user: User, **_: Any) -> None:
    browsers.forget(user)  # whoever knew the old password may have used one of them
    browsers.prove_by_mail(request, user)
    _record("user.password_reset", user, request)


def email_confirmed(*, request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    _record("user.email_confirmed", email_address.user, request)


def _record(
    action: str, user: User | None, request: HttpRequest | None, *, actor: User | str | None = None
) -> None:
    subject = f"user:{user.public_id}" if user else "user:unknown"
    facts = {"person": user.email} if user else {}
    clinic = user.clinic_id if user else None
    facts["from"] = network_address(request)
    audit.record(actor=actor or user, action=action, subject=subject, clinic=clinic, facts=facts)
