"""Records what people do with their second factors, which only allauth's signals report.

Whoever adds a factor ends their other sessions: one of them may be a stranger's, who came in without.
"""

from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from accounts import audit, sessions
from accounts.http import network_address
from accounts.models import User

ANONYMOUS = "anonymous"


def connect() -> None:
    """Connect the receivers; called once, when the application is ready."""
    for signal, receiver in (
        (signals.authenticator_added, added),
        (signals.authenticator_removed, removed),
        (signals.authenticator_reset, renewed),
        (signals.authenticator_used, used),
        (signals.authentication_failed, failed),
    ):
        signal.connect(receiver, dispatch_uid=f"carina.factor_{receiver.__name__}")


def added(*, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        sessions.end_others(request, user)
    _record("user.factor_added", user, request, authenticator)


def removed(*, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record("user.factor_removed", user, request, authenticator)


def renewed(*, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record("user.recovery_codes_renewed", user, request, authenticator)


def used(*, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record("user.factor_used", user, request, authenticator)


def failed(*, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record("user.factor_failed", user, request, authenticator, actor=ANONYMOUS)


def _record(
    action: str,
    user: User,
    request: HttpRequest,
    authenticator: Authenticator,
    actor: User | str | None = None,
) -> None:
    facts = {"person": user.email, "kind": str(authenticator.type), "from": network_address(request)}
    subject = f"user:{user.public_id}"
    audit.record(actor=actor or user, action=action, subject=subject, clinic=user.clinic_id, facts=facts)
