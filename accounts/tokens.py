"""Keys for a clinic's computers: shown once, kept as a hash, revoked but never deleted.

A key ends when the person who made it loses access, because they may have kept a copy: a computer that stops
is noticed, a key in the wrong hands is not.
"""

import hashlib
import secrets
import string
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, notices
from accounts.models import ApiToken, Clinic, User
from accounts.permissions import may_manage_clinic

START = "carina_"
RANDOM_CHARACTERS = 40  # of 62: 238 bits, so a plain SHA-256 is safe to store
ALPHABET = string.ascii_letters + string.digits
SHOWN = 12  # "carina_" and five more
TOUCH_EVERY = timedelta(minutes=1)


def create(*, clinic: Clinic, name: str, by: User) -> tuple[ApiToken, str]:
    """A new token and its key, which is shown only now. Raises PermissionDenied for outsiders."""
    plain = START + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    with transaction.atomic():
        # Read again and locked, so that a user refused at this very moment leaves no key behind.
        _check(clinic.pk, User.objects.select_for_update().get(pk=by.pk))
        token = ApiToken.objects.create(
            clinic=clinic, name=name, prefix=plain[:SHOWN], token_hash=_hash(plain), created_by=by
        )
        _record(token, by, "token.created")
    return token, plain


def find(plain: str) -> ApiToken | None:
    """The token with this key, or None if revoked or unknown; found by hash, so timing reveals nothing."""
    if not plain.startswith(START):
        return None
    return (
        ApiToken.objects.select_related("clinic")
        .filter(token_hash=_hash(plain), revoked_at__isnull=True)
        .first()
    )


def touch(token: ApiToken) -> None:
    """Note that the token was used, at most once a minute: a busy computer must not write on every call."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= TOUCH_EVERY:
        token.last_used_at = now
        token.save(update_fields=["last_used_at"])


def revoke(*, token: ApiToken, by: User) -> bool:
    """Revoke the token at once; False if it was already. Raises PermissionDenied for outsiders."""
    with transaction.atomic():
        token = ApiToken.objects.select_for_update().get(pk=token.pk)
        _check(token.clinic_id, by)
        if token.revoked_at is not None:
            return False
        token.revoked_at, token.revoked_by = timezone.now(), by
        token.save(update_fields=["revoked_at", "revoked_by"])
        _record(token, by, "token.revoked")
    return True


def in_use_by(makers: Iterable[User]) -> QuerySet[ApiToken]:
    """The unrevoked tokens that these people made."""
    made = ApiToken.objects.filter(created_by__in=[maker.pk for maker in makers], revoked_at__isnull=True)
    return made.select_related("clinic").order_by("pk")


def end_with(*, maker: User, by: User) -> list[ApiToken]:
    """Revoke every token that `maker` made, mail those who can make new ones, and return the revoked tokens.

    Call it in the transaction that ends the person's access, after that change is stored. Record the result
    with `record_ended` once the rest is done.
    """
    # Without select_related's join, so that only the tokens' own rows are locked.
    ended = list(in_use_by([maker]).select_related(None).select_for_update())
    for token in ended:
        token.revoked_at, token.revoked_by = timezone.now(), by
        token.save(update_fields=["revoked_at", "revoked_by"])
    if ended:
        notices.tell_of_ended_tokens(ended, maker=maker)
    return ended


def record_ended(ended: Iterable[ApiToken], *, by: User, reason: str) -> None:
    """Record each token revoked with its maker's access; `reason` says what happened to the maker."""
    for token in ended:
        _record(token, by, "token.revoked", reason=reason)


def _hash(plain: str) -> str:
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def _check(clinic_id: int, by: User) -> None:
    if not may_manage_clinic(by) or by.clinic_id != clinic_id:
        raise PermissionDenied("Only the clinic's own administrator may make and revoke its tokens.")


def _record(token: ApiToken, by: User, action: str, **more: str) -> None:
    written = () if action == "token.created" else ("revoked_at", "revoked_by")
    facts = {"name": token.name, "prefix": token.prefix, **more}
    subject = f"token:{token.public_id}"
    audit.record(
        actor=by,
        action=action,
        subject=subject,
        clinic=token.clinic_id,
        facts=facts,
        rows=[audit.Stored(token, written)],
    )
