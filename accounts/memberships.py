"""Work for several clinics: asked for by the person, approved by that clinic, switched to, and ended by it.

Whoever is at work in one clinic is a stranger in the others until they switch. Every change locks the person
first. See `models.membership` for who counts as a clinic's people.
"""

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, notices, tokens
from accounts.audit import Stored
from accounts.models import Approval, Clinic, Membership, Role, User
from accounts.models.membership import that_count
from accounts.permissions import may_manage_clinic, may_operate, may_use_admin
from accounts.sessions import end_sessions

OPEN_ROLES: Final = (Role.DOCTOR, Role.TECHNICIAN)
DECISION: Final = ("approval", "approval_reason", "approval_decided_by", "approval_decided_at")
ASKED: Final = (*DECISION, "role", "made_at", "ended_at", "ended_by")
ENDED: Final = ("ended_at", "ended_by")
AT_WORK: Final = ("clinic", "role")


class NotPossible(Exception):
    """Nothing was changed; the message tells the person why."""


def may_join(user: object) -> bool:
    """Whether this person may ask to work for another clinic: everybody approved but operators."""
    return isinstance(user, User) and user.is_approved and not user.is_superuser


def may_decide(by: object, membership: Membership) -> bool:
    """Whether `by` decides about it: operators, and that clinic's administrators but not about each other."""
    if not isinstance(by, User) or by.pk == membership.user_id:
        return False
    if may_operate(by):
        return True
    return (
        may_manage_clinic(by)
        and by.clinic_id == membership.clinic_id
        and membership.role != Role.ADMINISTRATOR
    )


def waiting_for(by: object) -> QuerySet[Membership]:
    """The requests that wait for a decision of `by`, the longest wait first."""
    return of_clinics(by).filter(approval=Approval.WAITING, user__is_active=True).order_by("made_at", "pk")


def working_for(by: object) -> QuerySet[Membership]:
    """Who works for `by`'s clinic and may work for others, too."""
    return of_clinics(by).filter(approval=Approval.APPROVED).order_by("user__last_name", "user__email", "pk")


def of_clinics(by: object) -> QuerySet[Membership]:
    """The memberships that `by` may see, but their own: an operator all, an administrator the clinic's."""
    if not isinstance(by, User) or not may_use_admin(by):
        return Membership.objects.none()
    rows = Membership.objects.filter(ended_at=None).exclude(user=by)
    rows = rows.select_related("user", "clinic", "approval_decided_by")
    return rows if may_operate(by) else rows.filter(clinic=by.clinic_id)


def others_of(user: object) -> QuerySet[Membership]:
    """The clinics that the person may switch to."""
    if not isinstance(user, User) or not user.is_approved:
        return Membership.objects.none()
    others = that_count().filter(user=user).exclude(clinic=user.clinic_id)
    return others.select_related("clinic").order_by("clinic__name")


def ask_to_join(*, user: User, clinic: Clinic, role: str) -> Membership:
    """Ask to work for another clinic, too; audit `membership.asked` there, mail its administrators.

    What the person is today becomes a membership as well. Raises NotPossible.
    """
    if not may_join(user):
        raise NotPossible("Only approved people ask to work for another clinic; an operator works for none.")
    if role not in OPEN_ROLES:
        raise NotPossible("Ask to work there as a doctor or as a technician.")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if role == Role.DOCTOR and not (user.licence_number and user.speciality):
            raise NotPossible("A doctor needs a licence number and a speciality: have them entered first.")
        stored = _made_of_account(user)
        row = Membership.objects.select_for_update().filter(user=user, clinic=clinic).first()
        if row is None:
            row = Membership.objects.create(user=user, clinic=clinic, role=role)
            stored.append(Stored(row))
        else:
            _ask_again(row, role)
            stored.append(Stored(row, ASKED))
        notices.tell_of_waiting_membership(row)
        _record(row, "membership.asked", by=user, rows=stored, role=row.get_role_display().lower())
    return row


def approve(*, membership: Membership, by: User) -> bool:
    """Let the person work for the clinic; audit `membership.approved`, mail them. False if it was so already.

    Raises PermissionDenied or NotPossible.
    """
    with transaction.atomic():
        row = _locked(membership, by)
        if row.ended_at is not None:
            raise NotPossible("It has ended. The person has to ask anew.")
        if row.approval == Approval.APPROVED:
            return False
        _decide(row, by, Approval.APPROVED, "")
        user, stored = row.user, [Stored(row, DECISION)]
        if user.clinic_id is None:  # at work nowhere: their last membership had ended
            user.clinic, user.role = row.clinic, row.role
            user.save(update_fields=AT_WORK)
            stored.append(Stored(user, AT_WORK))
        notices.send_after_commit(kind="membership_approved", user=user, clinic=row.clinic.name)
        _record(row, "membership.approved", by=by, rows=stored)
    return True


def refuse(*, membership: Membership, by: User, reason: str) -> bool:
    """Say no to a request, and mail the reason; audit `membership.refused`. False if it was so already.

    Raises PermissionDenied, or NotPossible without a reason or once they work there.
    """
    reason = reason.strip()
    with transaction.atomic():
        row = _locked(membership, by)
        if row.approval == Approval.REFUSED:
            return False
        if row.approval == Approval.APPROVED:
            raise NotPossible(f"{row.user} works there already. End it instead.")
        if not reason:
            raise NotPossible("Give a reason: it is mailed to the person.")
        _decide(row, by, Approval.REFUSED, reason)
        facts: dict[str, Any] = {"clinic": row.clinic.name, "why": reason}
        notices.send_after_commit(kind="membership_refused", user=row.user, page="profile", **facts)
        _record(row, "membership.refused", by=by, rows=[Stored(row, DECISION)], reason=reason)
    return True


def end(*, membership: Membership, by: User) -> bool:
    """End the person's work for the clinic at once; audit `membership.ended`, mail them. False if it was so.

    Whoever works there right now goes on in another of their clinics, or in none, and has to sign in again.
    Raises PermissionDenied.
    """
    with transaction.atomic():
        row = _locked(membership, by)
        if row.ended_at is not None:
            return False
        row.ended_at, row.ended_by = timezone.now(), by
        row.save(update_fields=ENDED)
        user, stored, ended = row.user, [Stored(row, ENDED)], []
        there = user.clinic_id == row.clinic_id
        if there:
            _move_on(user)
            stored.append(Stored(user, AT_WORK))
            end_sessions(user=user)
        if row.role == Role.ADMINISTRATOR:
            ended = tokens.end_with(maker=user, by=by)
        notices.send_after_commit(kind="membership_ended", user=user, page="profile", clinic=row.clinic.name)
        _record(row, "membership.ended", by=by, rows=stored)
        if there and user.clinic_id is not None:
            _record_switch(user, user.clinic_id, "here from another clinic", by=by)
        tokens.record_ended(ended, by=by, reason=f"{user.email}, who made it, left the clinic")
    return True


def switch(*, user: User, membership: Membership) -> User:
    """Work for another of one's clinics from now on; audit `user.switched` in both. Returns the stored user.

    It counts in every browser of the person, from the next page on. Raises NotPossible.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if not user.is_approved:
            raise NotPossible("Your account is not approved.")
        row = Membership.objects.select_for_update().filter(pk=membership.pk, user=user).first()
        if row is None or not row.counts:
            raise NotPossible("You do not work for this clinic: it has ended, or is not approved yet.")
        if user.clinic_id == row.clinic_id:
            return user
        before = user.clinic_id
        user.clinic, user.role = row.clinic, row.role
        user.save(update_fields=AT_WORK)
        if before is not None:
            _record_switch(user, before, "to another clinic", by=user)
        _record_switch(user, row.clinic_id, "here from another clinic", by=user, rows=[Stored(user, AT_WORK)])
    return user


def follow(user: User, *, before: User) -> list[Stored]:
    """Keep the memberships true to an account whose clinic or role somebody changed, in that transaction.

    A new clinic takes the old one's place. Returns what was stored; nothing for people without a row.
    """
    if not Membership.objects.filter(user=user).exists():
        return []
    stored: list[Stored] = []
    if before.clinic_id != user.clinic_id:
        for row in Membership.objects.filter(user=user, clinic=before.clinic_id, ended_at=None):
            row.ended_at = timezone.now()
            row.save(update_fields=ENDED)
            stored.append(Stored(row, ENDED))
    if user.clinic_id is None:
        return stored
    now = Membership.objects.filter(user=user, clinic=user.clinic_id).first()
    if now is None:
        return [*stored, *_made_of_account(user)]
    if (now.role, now.counts) != (user.role, True):
        now.role, now.approval, now.approval_reason = user.role, Approval.APPROVED, ""
        now.ended_at = now.ended_by = None
        now.save(update_fields=ASKED)
        stored.append(Stored(now, ASKED))
    return stored


def works_elsewhere(user: User) -> bool:
    """Whether another clinic counts on this account, too: then no single clinic decides about it."""
    return others_of(user).exists()


def _made_of_account(user: User) -> list[Stored]:
    """The membership of the clinic where the person works, if it is not there yet."""
    if user.clinic_id is None or Membership.objects.filter(user=user, clinic=user.clinic_id).exists():
        return []
    row = Membership.objects.create(
        user=user,
        clinic_id=user.clinic_id,
        role=user.role,
        approval=Approval.APPROVED,
        approval_decided_by=user.approval_decided_by,
        approval_decided_at=user.approval_decided_at,
    )
    return [Stored(row)]


def _ask_again(row: Membership, role: str) -> None:
    """Ask once more after a refusal or an end. Raises NotPossible where it waits or counts."""
    if row.counts:
        raise NotPossible(f"You work for {row.clinic} already.")
    if row.approval == Approval.WAITING and row.ended_at is None:
        raise NotPossible(f"You have asked {row.clinic} already. Its administrator has not answered yet.")
    row.role, row.approval, row.approval_reason, row.made_at = role, Approval.WAITING, "", timezone.now()
    row.approval_decided_by = row.approval_decided_at = row.ended_at = row.ended_by = None
    row.save(update_fields=ASKED)


def _locked(membership: Membership, by: User) -> Membership:
    """The membership, its person and itself locked. Raises PermissionDenied."""
    user = User.objects.select_for_update().get(pk=membership.user_id)
    row = Membership.objects.select_for_update().get(pk=membership.pk)
    if not may_decide(by, row):
        raise PermissionDenied("You may not decide about this person’s work for this clinic.")
    row.user = user
    return row


def _decide(row: Membership, by: User, approval: str, reason: str) -> None:
    row.approval, row.approval_reason = approval, reason
    row.approval_decided_by, row.approval_decided_at = by, timezone.now()
    row.save(update_fields=DECISION)


def _move_on(user: User) -> None:
    """Put the person to work in another of their clinics, or in none."""
    other = that_count().filter(user=user).exclude(clinic=user.clinic_id).order_by("made_at", "pk").first()
    user.clinic = other.clinic if other else None
    user.role = other.role if other else user.role
    user.save(update_fields=AT_WORK)


def _record_switch(user: User, clinic: int, way: str, *, by: User, rows: list[Stored] | None = None) -> None:
    """`way` names no clinic: neither learns from its record which the other one is."""
    facts = {"person": user.email, "way": way, "role": user.role}
    subject = f"user:{user.public_id}"
    audit.record(
        actor=by, action="user.switched", subject=subject, clinic=clinic, facts=facts, rows=rows or []
    )


def _record(row: Membership, action: str, *, by: User, rows: list[Stored], **facts: Any) -> None:
    subject = f"membership:{row.public_id}"
    facts = {"person": row.user.email, **facts}
    audit.record(actor=by, action=action, subject=subject, clinic=row.clinic_id, facts=facts, rows=rows)
