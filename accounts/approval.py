"""Who may use the portal: an administrator approves people, or refuses them with a reason."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit, notices, tokens
from accounts.models import Approval, Role, User
from accounts.permissions import may_manage_clinic, may_operate


class NotPossible(Exception):
    """The decision cannot be made; the message says why, in words for the administrator."""


def may_decide(by: object, user: User) -> bool:
    """Operators decide about everybody but themselves, administrators about their clinic's other people."""
    if not isinstance(by, User) or by.pk == user.pk:
        return False
    if may_operate(by):
        return True
    ordinary = user.role != Role.ADMINISTRATOR and not user.is_superuser
    return may_manage_clinic(by) and ordinary and user.clinic_id == by.clinic_id


def approve(*, user: User, by: User) -> bool:
    """Let the person in, put it on record and tell them. False where they were approved already.

    Raises PermissionDenied or NotPossible.
    """
    with transaction.atomic():
        user = _locked(user, by)
        if user.approval == Approval.APPROVED:
            return False
        if user.clinic_id is None and not user.is_superuser:
            raise NotPossible(f"{user.email} belongs to no clinic yet: choose one first.")
        _decide(user, by, approval=Approval.APPROVED, approval_reason="")
        notices.send_after_commit(kind="approved", user=user)
        _record(user, by, "user.approved")
    return True


def refuse(*, user: User, by: User, reason: str) -> bool:
    """Shut the person out at once and tell them why. False where nothing changed.

    Their sessions end, and so do the tokens that they made.

    Raises PermissionDenied, or NotPossible where the reason is empty.
    """
    reason = reason.strip()
    if not reason:
        raise NotPossible("Say why: the reason is mailed to the person.")
    with transaction.atomic():
        user = _locked(user, by)
        if user.approval == Approval.REFUSED and user.approval_reason == reason:
            return False
        _decide(user, by, approval=Approval.REFUSED, approval_reason=reason)
        end_sessions(user=user)
        ended = tokens.end_with(maker=user, by=by)
        notices.send_after_commit(kind="refused", user=user)
        _record(user, by, "user.refused", reason=reason)
        tokens.record_ended(ended, by=by, reason=f"{user.email}, who made it, was refused")
    return True


def end_sessions(*, user: User) -> None:
    """Every session of this person ends with its next request."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)


def _locked(user: User, by: User) -> User:
    found = User.objects.select_for_update().get(pk=user.pk)
    if not may_decide(by, found):
        raise PermissionDenied("This person is not yours to approve or refuse.")
    return found


def _decide(user: User, by: User, **decision: Any) -> None:
    for name, value in decision.items():
        setattr(user, name, value)
    user.approval_decided_by, user.approval_decided_at = by, timezone.now()
    user.save(update_fields=[*decision, "approval_decided_by", "approval_decided_at"])


def _record(user: User, by: User, action: str, **facts: Any) -> None:
    subject = f"user:{user.public_id}"
    facts = {"person": user.email, **facts}
    audit.record(actor=by, action=action, subject=subject, clinic=user.clinic_id, facts=facts)
