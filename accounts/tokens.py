"""Keys for a clinic's computers: shown once, kept as a hash, revoked but never deleted."""

import hashlib
import secrets
import string
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import ApiToken, Clinic, User
from accounts.permissions import may_manage_clinic

START = "carina_"
RANDOM_CHARACTERS = 40  # of 62: 238 bits, so that a plain SHA-256 is enough to keep it by
ALPHABET = string.ascii_letters + string.digits
SHOWN = 12  # "carina_" and five more
TOUCH_EVERY = timedelta(minutes=1)


def create(*, clinic: Clinic, name: str, by: User) -> tuple[ApiToken, str]:
    """A new token of the clinic and its key, which nobody sees again. PermissionDenied for outsiders."""
    _check(clinic.pk, by)
    plain = START + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    with transaction.atomic():
        token = ApiToken.objects.create(
            clinic=clinic, name=name, prefix=plain[:SHOWN], token_hash=_hash(plain), created_by=by
        )
        _record(token, by, "token.created")
    return token, plain


def find(plain: str) -> ApiToken | None:
    """The token of this key unless it was revoked; the lookup is by hash, so its timing tells nothing."""
    if not plain.startswith(START):
        return None
    return (
        ApiToken.objects.select_related("clinic")
        .filter(token_hash=_hash(plain), revoked_at__isnull=True)
        .first()
    )


def touch(token: ApiToken) -> None:
    """Remember the use, at most once a minute: a busy computer must not write with every call."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= TOUCH_EVERY:
        token.last_used_at = now
        token.save(update_fields=["last_used_at"])


def revoke(*, token: ApiToken, by: User) -> bool:
    """End the token at once; False where it had ended already. PermissionDenied for outsiders."""
    with transaction.atomic():
        token = ApiToken.objects.select_for_update().get(pk=token.pk)
        _check(token.clinic_id, by)
        if token.revoked_at is not None:
            return False
        token.revoked_at, token.revoked_by = timezone.now(), by
        token.save(update_fields=["revoked_at", "revoked_by"])
        _record(token, by, "token.revoked")
    return True


def _hash(plain: str) -> str:
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def _check(clinic_id: int, by: User) -> None:
    if not may_manage_clinic(by) or by.clinic_id != clinic_id:
        raise PermissionDenied("Only the clinic's own administrator makes and revokes its tokens.")


def _record(token: ApiToken, by: User, action: str) -> None:
    facts = {"name": token.name, "prefix": token.prefix}
    subject = f"token:{token.public_id}"
    audit.record(actor=by, action=action, subject=subject, clinic=token.clinic_id, facts=facts)
