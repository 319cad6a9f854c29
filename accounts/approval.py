"""Approves people for the portal, or refuses them with a reason."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, memberships, notices, tokens
from accounts.models import Approval, Role, User
from accounts.permissions import may_manage_clinic, may_operate
from accounts.sessions import end_sessions

DECISION = ("approval", "approval_reason", "approval_decided_by", "approval_decided_at")


class NotPossible(Exception):
    """The decision cannot be made; the message tells the administrator why."""


def may_decide(by: object, user: User) -> bool:
    """Whether `by` may decide: operators about everybody else, administrators about their clinic's staff.

    An account on which another clinic counts, too, is the operators' alone; a clinic ends the membership.
    """
    if not isinstance(by, User) or by.pk == user.pk:
        return False
    if may_operate(by):
        return True
    ordinary = user.role != Role.ADMINISTRATOR and not user.is_superuser
    own = may_manage_clinic(by) and ordinary and user.clinic_id == by.clinic_id
    return own and not memberships.works_elsewhere(user)


def waiting_for(by: object) -> QuerySet[User]:
    """The people who wait for a decision of `by`, the longest wait first."""
    waiting = User.objects.filter(approval=Approval.WAITING, is_active=True).select_related("clinic")
    if may_operate(by):
        found = waiting
    elif isinstance(by, User) and may_manage_clinic(by):
        found = waiting.filter(clinic=by.clinic, is_superuser=False).exclude(role=Role.ADMINISTRATOR)
    else:
        found = waiting.none()
    return found.order_by("date_joined", "pk")


def approve(*, user: User, by: User, waiting: bool = False) -> bool:
    """Approve the person, record it and mail them; False if they were already approved.

    `waiting`: only if nobody decided meanwhile. Raises PermissionDenied or NotPossible.
    """
    with transaction.atomic():
        user = _locked(user, by, waiting=waiting)
        if user.approval == Approval.APPROVED:
            return False
        if user.clinic_id is None and not user.is_superuser:
            raise NotPossible(f"{user.email} has no clinic yet: choose one first.")
        _decide(user, by, approval=Approval.APPROVED, approval_reason="")
        notices.send_after_commit(kind="approved", user=user)
        _record(user, by, "user.approved")
    return True


def refuse(*, user: User, by: User, reason: str, waiting: bool = False) -> bool:
    """Refuse the person at once and mail them the reason; False if nothing changed.

    Their sessions end, and so do the tokens that they made. `waiting`: only if nobody decided meanwhile.

    Raises PermissionDenied, or NotPossible if the reason is empty.
    """
    reason = reason.strip()
    if not reason:
        raise NotPossible("Give a reason: it is mailed to the person.")
    with transaction.atomic():
        user = _locked(user, by, waiting=waiting)
        if user.approval == Approval.REFUSED and user.approval_reason == reason:
            return False
        _decide(user, by, approval=Approval.REFUSED, approval_reason=reason)
        end_sessions(user=user)
        ended = tokens.end_with(maker=user, by=by)
        notices.send_after_commit(kind="refused", user=user)
        _record(user, by, "user.refused", reason=reason)
        tokens.record_ended(ended, by=by, reason=f"{user.email}, who made it, was refused")
    return True


def _locked(user: User, by: User, *, waiting: bool) -> User:
    found = User.objects.select_for_update().get(pk=user.pk)
    if not may_decide(by, found):
        raise PermissionDenied("You may not approve or refuse this person.")
    if waiting and found.approval != Approval.WAITING:
        decided = found.get_approval_display().lower()
        raise NotPossible(f"{found} is {decided} already: somebody decided before you. Nothing was changed.")
    return found


def _decide(user: User, by: User, **decision: Any) -> None:
    for name, value in decision.items():
        setattr(user, name, value)
    user.approval_decided_by, user.approval_decided_at = by, timezone.now()
    user.save(update_fields=[*decision, "approval_decided_by", "approval_decided_at"])


def _record(user: User, by: User, action: str, **facts: Any) -> None:
    subject = f"user:{user.public_id}"
    facts = {"person": user.email, **facts}
    stored = [audit.Stored(user, DECISION)]
    audit.record(actor=by, action=action, subject=subject, clinic=user.clinic_id, facts=facts, rows=stored)
