"""Keys for a clinic's computers: shown once, kept as a hash, ended but never deleted.

A token says what it lets its holder do (`Scope`). A new key takes the place of an old one without a gap:
`rotate` leaves the old one in force until a stated time.

A key ends when the person who made it may no longer make keys for the clinic, because they may have kept a
copy: a computer that stops is noticed, a key in the wrong hands is not.
"""

import hashlib
import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, notices
from accounts.audit import Actor
from accounts.models import ApiToken, Clinic, Role, Scope, User
from accounts.models.api_token import WARN_BEFORE
from accounts.models.membership import works_as
from accounts.permissions import may_manage_clinic

START = "carina_"
RANDOM_CHARACTERS = 40  # of 62: 238 bits, so a plain SHA-256 is safe to store
ALPHABET = string.ascii_letters + string.digits
SHOWN = 12  # "carina_" and five more
TOUCH_EVERY = timedelta(minutes=1)
# By action: what it stores, for the record to vouch for; None: a whole row.
WRITTEN = {
    "token.created": None,
    "token.replaced": ("expires_at", "replaced_by"),
    "token.revoked": ("revoked_at", "revoked_by"),
}
REFUSAL_ON_RECORD_EVERY = 3600  # seconds: a computer that keeps trying must not fill the record


class CannotRotate(Exception):
    """The token has ended or was replaced; `message` says so."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def create(
    *,
    clinic: Clinic,
    name: str,
    by: User,
    expires_at: datetime | None = None,
    scopes: Iterable[Scope] = (Scope.SEND, Scope.READ),
) -> tuple[ApiToken, str]:
    """A new token and its key, which is shown only now. Raises PermissionDenied for outsiders.

    Without `expires_at` it lasts until it is revoked.
    """
    plain = _new_key()
    with transaction.atomic():
        # Read again and locked, so that a user refused at this very moment leaves no key behind.
        _check(clinic.pk, User.objects.select_for_update().get(pk=by.pk))
        token = _store(plain, clinic=clinic, name=name, by=by, expires_at=expires_at, scopes=scopes)
        _record(token, by, "token.created", **_terms(token))
    return token, plain


def rotate(*, token: ApiToken, by: User, overlap: timedelta) -> tuple[ApiToken, str]:
    """A token with a new key in the place of this one, and the key; audit `token.created`, `token.replaced`.

    It has the same name and scopes, and lasts as long as this one was made for. This one goes on for
    `overlap`, or to its own last day if that comes first. Raises PermissionDenied and CannotRotate.
    """
    plain, now = _new_key(), timezone.now()
    with transaction.atomic():
        maker = User.objects.select_for_update().get(pk=by.pk)
        old = ApiToken.objects.select_for_update().get(pk=token.pk)
        _check(old.clinic_id, maker)
        if old.replaced_by_id is not None:
            raise CannotRotate("This token has its next key already. Make a new one of that.")
        if not old.is_usable:
            raise CannotRotate("This token has ended. Make a new token.")
        lasts = old.expires_at - old.created_at if old.expires_at else None
        new = _store(
            plain, clinic=old.clinic, name=old.name, by=by, scopes=old.allowed,
            expires_at=now + lasts if lasts else None,
        )  # fmt: skip
        ends = now + overlap
        old.expires_at, old.replaced_by = min(old.expires_at or ends, ends), new
        old.warned_at = now  # its next key is made: nobody needs the mail that asks for one
        old.save(update_fields=["expires_at", "replaced_by", "warned_at"])
        _record(new, by, "token.created", **_terms(new))
        _record(old, by, "token.replaced", by=new.prefix, works_until=old.expires_at.isoformat())
    return new, plain


def _new_key() -> str:
    return START + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))


def _store(
    plain: str, *, clinic: Clinic, name: str, by: User, expires_at: datetime | None, scopes: Iterable[Scope]
) -> ApiToken:
    given = set(scopes)
    if not given:
        raise ValueError("A token that lets its holder do nothing is of no use.")
    return ApiToken.objects.create(
        clinic=clinic,
        name=name,
        prefix=plain[:SHOWN],
        token_hash=_hash(plain),
        created_by=by,
        expires_at=expires_at,
        scopes=" ".join(scope.value for scope in Scope if scope in given),
    )


def _terms(token: ApiToken) -> dict[str, str]:
    """What a new token lets its holder do and until when, for the record."""
    ends = {"expires": token.expires_at.isoformat()} if token.expires_at else {}
    return {"scopes": token.scopes, **ends}


def find(plain: str) -> ApiToken | None:
    """The token with this key, or None if it has ended or is unknown; found by hash: timing reveals nothing.

    Its maker must still be an administrator of its clinic, however they ceased to be.
    """
    token = _known(plain)
    return token if token and token.is_usable and _still_made_by_right(token) else None


def why_refused(plain: str) -> str:
    """What to tell a computer whose key `find` did not find.

    A known key's refusal is on record, once an hour.
    """
    token = _known(plain)
    if token is None:
        return "This token is unknown."
    why = "was revoked"
    if token.revoked_at is None:
        maker = "was made by somebody who is no longer an administrator of the clinic"
        why = f"expired on {token.expires_at:%Y-%m-%d}" if token.has_expired else maker
    if cache.add(f"carina:token-refused:{token.pk}", 1, REFUSAL_ON_RECORD_EVERY):
        _record(token, token, "token.refused", reason=f"it {why}")
    return f"This token {why}."


def touch(token: ApiToken) -> None:
    """Note that the token was used, at most once a minute: a busy computer must not write on every call.

    The clinic's administrators get a mail, once, when it will expire soon.
    """
    now = timezone.now()
    if token.last_used_at is None or abs(now - token.last_used_at) >= TOUCH_EVERY:
        token.last_used_at = now
        token.save(update_fields=["last_used_at"])
        if token.expires_soon and token.warned_at is None:
            _warn(token)


def warn_in_time() -> None:
    """Mail to the clinics whose tokens expire soon, used or not; each is warned of once."""
    now = timezone.now()
    soon = {"expires_at__gt": now, "expires_at__lte": now + WARN_BEFORE}
    for token in ApiToken.objects.filter(revoked_at=None, warned_at=None, **soon).select_related("clinic"):
        _warn(token)


def _warn(token: ApiToken) -> None:
    if ApiToken.objects.filter(pk=token.pk, warned_at=None).update(warned_at=timezone.now()):
        notices.tell_of_expiring_token(token)


def _known(plain: str) -> ApiToken | None:
    if not plain.startswith(START):
        return None
    return ApiToken.objects.select_related("clinic", "created_by").filter(token_hash=_hash(plain)).first()


def _still_made_by_right(token: ApiToken) -> bool:
    return works_as(token.created_by, token.clinic_id, Role.ADMINISTRATOR)


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


def _record(token: ApiToken, actor: Actor, action: str, /, **more: str) -> None:
    facts = {"name": token.name, "prefix": token.prefix, **more}
    subject = f"token:{token.public_id}"
    audit.record(
        actor=actor,
        action=action,
        subject=subject,
        clinic=token.clinic_id,
        facts=facts,
        rows=[audit.Stored(token, WRITTEN[action])] if action in WRITTEN else [],
    )
