"""One person works for several clinics: asked for, approved, switched between, ended."""

from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied

from accounts import approval, memberships, notices, people, tokens
from accounts.memberships import NotPossible
from accounts.models import AuditEvent, Clinic, Membership, Role, User
from accounts.models.membership import people_of, works_as
from tests.accounts.joining import joined, switched
from tests.accounts.race import meets, needs_row_locks
from tests.conftest import Cast, person
from tests.diagnosis.management.verify_audit_trail.past_the_portal import faults


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def refused(act: Any, **facts: Any) -> str:
    with pytest.raises(NotPossible) as why:
        act(**facts)
    return str(why.value)


def told(action: str) -> list[tuple[int | None, str]]:
    found = AuditEvent.objects.filter(action=action).order_by("sequence")
    return list(found.values_list("clinic_id", "actor"))


def of_memberships() -> list[str]:
    """What the record says against these rows: nothing, where every step sealed what it stored."""
    return [fault for fault in faults() if fault.startswith("membership") or "what event" in fault]


def test_what_was_asked_waits_for_that_clinic_alone(cast: Cast) -> None:
    row = memberships.ask_to_join(user=cast.doctor, clinic=cast.clinic_b, role=Role.TECHNICIAN)
    assert list(memberships.waiting_for(cast.other_administrator)) == [row]
    assert not memberships.waiting_for(cast.administrator).exists()
    assert not memberships.waiting_for(cast.stranger).exists()
    assert list(memberships.waiting_for(cast.operator)) == [row]
    assert not memberships.others_of(cast.doctor).exists()
    assert "not approved" in refused(memberships.switch, user=cast.doctor, membership=row)


def test_the_first_request_keeps_what_the_person_is_today(cast: Cast) -> None:
    memberships.ask_to_join(user=cast.doctor, clinic=cast.clinic_b, role=Role.TECHNICIAN)
    home = Membership.objects.get(clinic=cast.clinic_a)
    assert (home.role, home.counts) == (Role.DOCTOR, True)


def test_switched_to_and_back_under_one_name(cast: Cast) -> None:
    row = joined(cast, role=Role.TECHNICIAN)
    memberships.switch(user=cast.doctor, membership=row)
    there = fresh(cast.doctor)
    assert (there.clinic, there.role) == (cast.clinic_b, Role.TECHNICIAN)
    memberships.switch(user=there, membership=Membership.objects.get(clinic=cast.clinic_a))
    assert (fresh(there).clinic, fresh(there).role) == (cast.clinic_a, Role.DOCTOR)
    both = [(cast.clinic_a.pk, "doctor@a.example"), (cast.clinic_b.pk, "doctor@a.example")]
    assert told("user.switched") == [*both, *reversed(both)]
    assert of_memberships() == []


def test_the_record_of_neither_clinic_names_the_other(cast: Cast) -> None:
    switched(cast)
    for event in AuditEvent.objects.filter(action__in=("user.switched", "membership.asked")):
        assert "Clinic" not in str(event.facts)


def test_only_an_administrator_of_the_asked_clinic_decides(cast: Cast) -> None:
    row = memberships.ask_to_join(user=cast.doctor, clinic=cast.clinic_b, role=Role.DOCTOR)
    for who in (cast.administrator, cast.stranger, cast.doctor):
        with pytest.raises(PermissionDenied):
            memberships.approve(membership=row, by=who)
        with pytest.raises(PermissionDenied):
            memberships.refuse(membership=row, by=who, reason="no")
        with pytest.raises(PermissionDenied):
            memberships.end(membership=row, by=who)
    assert memberships.approve(membership=row, by=cast.other_administrator)
    assert not memberships.approve(membership=row, by=cast.other_administrator)


def test_a_refusal_has_a_reason_and_the_person_may_ask_again(cast: Cast) -> None:
    row = memberships.ask_to_join(user=cast.doctor, clinic=cast.clinic_b, role=Role.DOCTOR)
    assert "Give a reason" in refused(
        memberships.refuse, membership=row, by=cast.other_administrator, reason=" "
    )
    assert memberships.refuse(membership=row, by=cast.other_administrator, reason="We do not know you")
    again = memberships.ask_to_join(user=cast.doctor, clinic=cast.clinic_b, role=Role.DOCTOR)
    assert again == row
    assert list(memberships.waiting_for(cast.other_administrator)) == [row]
    assert of_memberships() == []


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, "operator", ""])
def test_nobody_asks_for_more_than_doctor_or_technician(cast: Cast, role: str) -> None:
    assert "as a doctor or as a technician" in refused(
        memberships.ask_to_join, user=cast.doctor, clinic=cast.clinic_b, role=role
    )


def test_who_may_not_ask(cast: Cast) -> None:
    ask = {"clinic": cast.clinic_b, "role": Role.TECHNICIAN}
    for who in (cast.operator, cast.waiting_doctor, cast.refused_doctor):
        refused(memberships.ask_to_join, user=who, **ask)
    assert "licence" in refused(
        memberships.ask_to_join, user=cast.technician, clinic=cast.clinic_b, role=Role.DOCTOR
    )
    assert "already" in refused(
        memberships.ask_to_join, user=cast.technician, clinic=cast.clinic_a, role=Role.TECHNICIAN
    )
    memberships.ask_to_join(user=cast.technician, **ask)
    assert "asked Clinic B already" in refused(memberships.ask_to_join, user=cast.technician, **ask)


def test_nobody_switches_by_somebody_elses_membership(cast: Cast) -> None:
    row = joined(cast)
    assert "do not work" in refused(memberships.switch, user=cast.technician, membership=row)
    assert fresh(cast.technician).clinic == cast.clinic_a


def test_who_works_elsewhere_right_now_still_counts_among_the_clinics_people(cast: Cast) -> None:
    switched(cast, role=Role.TECHNICIAN)
    assert cast.doctor in people_of(cast.clinic_a, Role.DOCTOR)
    assert cast.doctor in people_of(cast.clinic_b, Role.TECHNICIAN)
    assert cast.doctor not in people_of(cast.clinic_b, Role.DOCTOR)
    assert works_as(fresh(cast.doctor), cast.clinic_a.pk, Role.DOCTOR)
    assert not works_as(fresh(cast.doctor), cast.clinic_b.pk, Role.DOCTOR)


def test_an_account_of_several_clinics_is_no_single_clinics_to_refuse(cast: Cast) -> None:
    assert approval.may_decide(cast.administrator, cast.doctor)
    switched(cast)
    for by in (cast.administrator, cast.other_administrator):
        with pytest.raises(PermissionDenied):
            approval.refuse(user=cast.doctor, by=by, reason="no")
    assert approval.may_decide(cast.operator, fresh(cast.doctor))


def test_ended_there_moves_the_person_to_another_clinic_and_ends_their_sessions(cast: Cast) -> None:
    row = joined(cast)
    before = memberships.switch(user=cast.doctor, membership=row)
    assert memberships.end(membership=row, by=cast.other_administrator)
    assert not memberships.end(membership=row, by=cast.other_administrator)
    after = fresh(cast.doctor)
    assert (after.clinic, after.role, after.is_approved) == (cast.clinic_a, Role.DOCTOR, True)
    assert after.session_epoch > before.session_epoch
    assert told("user.switched")[-1] == (cast.clinic_a.pk, "administrator@b.example")
    assert of_memberships() == []
    assert "it has ended" in refused(memberships.switch, user=after, membership=row)


def test_the_clinic_that_is_left_behind_ends_it_too_and_the_work_elsewhere_goes_on(cast: Cast) -> None:
    switched(cast)
    home = Membership.objects.get(clinic=cast.clinic_a)
    assert home in memberships.working_for(cast.administrator)
    memberships.end(membership=home, by=cast.administrator)
    after = fresh(cast.doctor)
    assert (after.clinic, after.session_epoch) == (cast.clinic_b, cast.doctor.session_epoch)
    assert not memberships.others_of(after).exists()
    assert after not in people_of(cast.clinic_a)


def test_the_last_one_ended_leaves_an_account_without_a_clinic_that_may_ask_again(cast: Cast) -> None:
    row = joined(cast)
    memberships.end(membership=row, by=cast.other_administrator)
    memberships.end(membership=Membership.objects.get(clinic=cast.clinic_a), by=cast.administrator)
    left = fresh(cast.doctor)
    assert left.clinic is None
    memberships.ask_to_join(user=left, clinic=cast.clinic_a, role=Role.DOCTOR)
    again = memberships.waiting_for(cast.administrator).get()
    memberships.approve(membership=again, by=cast.administrator)
    assert fresh(left).clinic == cast.clinic_a, "whoever works nowhere is at work where they are approved"
    assert of_memberships() == []


def test_an_administrator_elsewhere_as_a_doctor_keeps_the_clinics_tokens(cast: Cast) -> None:
    boss = cast.administrator
    User.objects.filter(pk=boss.pk).update(licence_number="A-9", speciality="Radiology")
    _, key = tokens.create(clinic=cast.clinic_a, name="x-ray room", by=boss)
    switched(cast, fresh(boss))
    assert fresh(boss).role == Role.DOCTOR
    found = tokens.find(key)
    assert found is not None
    assert found.clinic == cast.clinic_a


def test_only_an_operator_ends_an_administrators(cast: Cast) -> None:
    User.objects.filter(pk=cast.administrator.pk).update(licence_number="A-9", speciality="Radiology")
    second = person("second@a.example", cast.clinic_a, Role.ADMINISTRATOR)
    joined(cast, fresh(cast.administrator))
    home = Membership.objects.get(clinic=cast.clinic_a)
    with pytest.raises(PermissionDenied):
        memberships.end(membership=home, by=second)
    tokens.create(clinic=cast.clinic_a, name="x-ray room", by=cast.administrator)
    memberships.end(membership=home, by=cast.operator)
    assert fresh(cast.administrator).clinic == cast.clinic_b
    assert not tokens.in_use_by([cast.administrator]).exists()


def test_an_account_that_an_operator_changes_takes_its_memberships_along(cast: Cast) -> None:
    joined(cast)
    user = fresh(cast.doctor)
    user.role = Role.TECHNICIAN
    people.change(user=user, by=cast.operator, fields=["role"])
    home = Membership.objects.get(clinic=cast.clinic_a)
    assert home.role == Role.TECHNICIAN
    third = Clinic.objects.create(name="C")
    user.clinic = third
    people.change(user=user, by=cast.operator, fields=["clinic"])
    home.refresh_from_db()
    assert home.ended_at is not None
    assert Membership.objects.get(clinic=third).counts
    assert [row.clinic for row in memberships.others_of(fresh(user))] == [cast.clinic_b]
    assert of_memberships() == []


def test_everybody_concerned_is_mailed(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = joined(cast)
        memberships.end(membership=row, by=cast.other_administrator)
    assert [(sent.to[0], sent.subject.split("] ")[-1]) for sent in mail.outbox] == [
        ("administrator@b.example", "Doctor Test asks to work for Clinic B, too"),
        ("doctor@a.example", "You may work for Clinic B now"),
        ("doctor@a.example", "You no longer work for Clinic B"),
    ]


def test_an_administrator_at_work_elsewhere_is_mailed_what_their_clinic_is(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    User.objects.filter(pk=cast.administrator.pk).update(licence_number="A-9", speciality="Radiology")
    switched(cast, fresh(cast.administrator))
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        notices.tell_administrators(cast.waiting_doctor)
    assert [sent.to[0] for sent in mail.outbox] == ["administrator@a.example"]


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_who_switches_while_it_is_ended_stays_where_they_are(cast: Cast) -> None:
    row = joined(cast)
    (found,) = meets(
        lambda: memberships.end(membership=row, by=cast.other_administrator),
        lambda: memberships.switch(user=cast.doctor, membership=row),
    )
    assert isinstance(found, NotPossible)
    assert fresh(cast.doctor).clinic == cast.clinic_a
