"""Changes to people and clinics other than approvals, each stored together with its audit event."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts import audit, memberships, notices, tokens
from accounts.models import ApiToken, Approval, Clinic, User
from accounts.permissions import may_manage_clinic, may_operate, may_review, may_see_records
from accounts.sessions import end_sessions

# Their values are recorded, so that an auditor sees who could do what; other fields only by name.
TELLING = ("role", "is_active", "is_superuser")
RIGHTS = (may_see_records, may_review, may_manage_clinic, may_operate)


def change(*, user: User, by: User, fields: Iterable[str]) -> list[ApiToken]:
    """Store the changed fields of a user and return the tokens that ended with the change.

    Whoever is deactivated, leaves the clinic or gets fewer rights loses every session at once. The tokens
    that this person made end when they are no longer an administrator of that clinic.
    """
    fields = list(fields)
    if not fields:
        return []
    with transaction.atomic():
        before = User.objects.select_for_update().get(pk=user.pk)
        user.save(update_fields=fields)
        if _has_less(before, user):
            end_sessions(user=user)
        lost = _lost(before, user)
        ended = tokens.end_with(maker=user, by=by) if lost else []
        facts: dict[str, Any] = {"person": user.email, "changed": sorted(fields)}
        facts |= {name: [getattr(before, name), getattr(user, name)] for name in TELLING if name in fields}
        if "clinic" in fields:
            facts["clinic"] = [str(before.clinic or ""), str(user.clinic or "")]
        action = "user.changed"
        if "is_active" in fields:
            action = "user.activated" if user.is_active else "user.deactivated"
        subject = f"user:{user.public_id}"
        stored = [audit.Stored(user, fields), *memberships.follow(user, before=before)]
        audit.record(
            actor=by, action=action, subject=subject, clinic=user.clinic_id, facts=facts, rows=stored
        )
        tokens.record_ended(ended, by=by, reason=f"{user.email}, who made it, {lost}")
    return ended


def _has_less(before: User, user: User) -> bool:
    """Whether the change took a right away; whoever only gained some goes on working."""
    if before.clinic_id != user.clinic_id:
        return True
    return any(may(before) and not may(user) for may in RIGHTS)


def _lost(before: User, user: User) -> str:
    """Why the user may no longer make tokens for the clinic of before, in words; "" if they still may."""
    if before.is_active and not user.is_active:
        return "was deactivated"
    if before.clinic_id != user.clinic_id:
        return "left the clinic"
    demoted = may_manage_clinic(before) and not may_manage_clinic(user)
    return "is no longer an administrator" if demoted else ""


def invite(*, user: User, by: User) -> None:
    """Store a new user, already approved, and mail them how to choose a password."""
    with transaction.atomic():
        user.set_unusable_password()
        user.approval = Approval.APPROVED
        user.approval_decided_by, user.approval_decided_at = by, timezone.now()
        user.save()
        notices.send_after_commit(kind="invited", user=user, page="account_reset_password")
        facts = {"person": user.email, "role": user.role, "is_superuser": user.is_superuser}
        subject = f"user:{user.public_id}"
        stored = [audit.Stored(user)]
        audit.record(
            actor=by, action="user.invited", subject=subject, clinic=user.clinic_id, facts=facts, rows=stored
        )


def store_clinic(*, clinic: Clinic, by: User, fields: Iterable[str] | None = None) -> None:
    """Store a new clinic, or its new name or time zone; `fields`: those that were changed, if not all."""
    fields = sorted(fields) if fields is not None else None
    action = "clinic.created" if clinic.pk is None else "clinic.changed"
    with transaction.atomic():
        clinic.save(update_fields=fields)
        subject = f"clinic:{clinic.public_id}"
        names = ("name", "time_zone", "second_factor_required", "mails_refusals")
        facts: dict[str, Any] = {name: getattr(clinic, name) for name in names}
        facts |= {"changed": fields} if fields is not None else {}
        stored = [audit.Stored(clinic, fields)]
        audit.record(actor=by, action=action, subject=subject, clinic=clinic, facts=facts, rows=stored)


def require_second_factor(*, clinic: Clinic, required: bool, by: User) -> None:
    """Ask a second factor of everybody in the clinic, or of nobody any more, from their next page on.

    Raises PermissionDenied for outsiders.
    """
    if not may_manage_clinic(by) or by.clinic_id != clinic.pk:
        raise PermissionDenied("Only the clinic's own administrator may ask for a second factor.")
    with transaction.atomic():
        locked = Clinic.objects.select_for_update().get(pk=clinic.pk)
        if locked.second_factor_required == required:
            return
        locked.second_factor_required = required
        locked.save(update_fields=["second_factor_required"])
        action = "clinic.factor_required" if required else "clinic.factor_optional"
        subject, stored = f"clinic:{clinic.public_id}", [audit.Stored(locked, ["second_factor_required"])]
        audit.record(actor=by, action=action, subject=subject, clinic=clinic, rows=stored)


def mail_refusals(*, clinic: Clinic, wanted: bool, by: User) -> None:
    """Mail the senders of refused films of the clinic, or nobody any more. Raises PermissionDenied."""
    if not may_manage_clinic(by) or by.clinic_id != clinic.pk:
        raise PermissionDenied("Only the clinic's own administrator may have its senders mailed.")
    with transaction.atomic():
        locked = Clinic.objects.select_for_update().get(pk=clinic.pk)
        if locked.mails_refusals == wanted:
            return
        locked.mails_refusals = wanted
        locked.save(update_fields=["mails_refusals"])
        action = "clinic.mails_refusals" if wanted else "clinic.mails_no_refusals"
        subject, stored = f"clinic:{clinic.public_id}", [audit.Stored(locked, ["mails_refusals"])]
        audit.record(actor=by, action=action, subject=subject, clinic=clinic, rows=stored)
