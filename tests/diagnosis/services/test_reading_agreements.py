"""One clinic asks another to read for it; the other answers, and either ends it at once."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import AuditEvent, Clinic, Role
from diagnosis.models import AgreementState, Covers, ReadingAgreement
from diagnosis.models.reading_agreement import in_force, today
from diagnosis.services import reading_agreements as agreements
from diagnosis.services.reading_agreements import AgreementRefused, Terms
from tests.accounts.race import meets, needs_row_locks
from tests.conftest import Cast, person
from tests.diagnosis.management.verify_audit_trail.past_the_portal import faults


def asked(cast: Cast, **terms: Any) -> ReadingAgreement:
    wanted = Terms(**{"first_day": today(), **terms})
    return agreements.ask(by=cast.administrator, reading_clinic=cast.clinic_b, terms=wanted)


def agreed(cast: Cast, **terms: Any) -> ReadingAgreement:
    row = asked(cast, **terms)
    agreements.accept(agreement=row, by=cast.other_administrator)
    row.refresh_from_db()
    return row


def told(action: str) -> list[tuple[int | None, str]]:
    found = AuditEvent.objects.filter(action=action).order_by("sequence")
    return list(found.values_list("clinic_id", "actor"))


def of_agreements() -> list[str]:
    """What the record says against the rows: nothing, where every step sealed what it stored."""
    return [fault for fault in faults() if fault.startswith("reading_agreement")]


def refused(act: Any, *args: Any, **facts: Any) -> str:
    with pytest.raises(AgreementRefused) as why:
        act(*args, **facts)
    return why.value.message


def test_it_counts_once_the_other_clinic_has_signed(cast: Cast) -> None:
    row = asked(cast, covers=Covers.URGENT, hours_from=time(18), hours_to=time(8), urgent_minutes=20)
    assert not row.in_force
    agreements.accept(agreement=row, by=cast.other_administrator)
    row.refresh_from_db()
    assert row.in_force
    assert (row.asked_by, row.decided_by) == (cast.administrator, cast.other_administrator)
    assert (row.covers, row.hours_from, row.hours_to, row.urgent_minutes) == ("urgent", time(18), time(8), 20)
    assert list(ReadingAgreement.objects.filter(in_force())) == [row]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])  # in one of them it is another day
def test_it_begins_and_ends_at_one_moment_whatever_clock_somebody_lives_by(cast: Cast, zone: str) -> None:
    row = agreed(cast, last_day=today())
    with timezone.override(zone):
        assert row.in_force
        assert list(ReadingAgreement.objects.filter(in_force())) == [row]
        ReadingAgreement.objects.update(last_day=today() - timedelta(days=1))
        assert not ReadingAgreement.objects.filter(in_force()).exists()


def test_each_step_is_on_record_in_both_clinics_and_the_rows_are_vouched_for(cast: Cast) -> None:
    row = agreed(cast)
    agreements.end(agreement=row, by=cast.administrator)
    both = [cast.clinic_a.pk, cast.clinic_b.pk]
    for action, by in (
        ("agreement.asked", cast.administrator),
        ("agreement.accepted", cast.other_administrator),
        ("agreement.ended", cast.administrator),
    ):
        assert told(action) == [(clinic, by.email) for clinic in both]
    subjects = AuditEvent.objects.filter(action__startswith="agreement.").values_list("subject", flat=True)
    assert set(subjects) == {f"reading_agreement:{row.public_id}"}
    assert of_agreements() == []


def test_a_row_changed_past_the_portal_is_named(cast: Cast) -> None:
    row = asked(cast)
    ReadingAgreement.objects.filter(pk=row.pk).update(state=AgreementState.AGREED)
    (fault,) = of_agreements()
    assert fault.startswith(f"reading_agreement {row.public_id}: its state is not what event")


def test_the_other_side_is_mailed_at_each_step(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    def mailed(act: Any) -> list[tuple[str, str]]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return [(sent.to[0], sent.subject.split("] ")[-1]) for sent in mail.outbox]

    assert mailed(lambda: asked(cast)) == [
        ("administrator@b.example", "Clinic A asks your clinic to read for it")
    ]
    row = ReadingAgreement.objects.get()
    accept = lambda: agreements.accept(agreement=row, by=cast.other_administrator)  # noqa: E731
    assert mailed(accept) == [("administrator@a.example", "Clinic B reads for your clinic")]
    end = lambda: agreements.end(agreement=row, by=cast.other_administrator)  # noqa: E731
    assert mailed(end) == [("administrator@a.example", "The agreement of Clinic A and Clinic B has ended")]


def test_a_declined_one_keeps_the_reason_and_makes_room(cast: Cast) -> None:
    row = asked(cast)
    assert "Say why" in refused(agreements.decline, agreement=row, by=cast.other_administrator, reason=" ")
    agreements.decline(agreement=row, by=cast.other_administrator, reason="No doctor at night")
    row.refresh_from_db()
    assert (row.state, row.is_open, row.declined_reason) == ("declined", None, "No doctor at night")
    assert asked(cast).is_open
    assert of_agreements() == []


def test_what_nobody_answered_is_withdrawn_by_who_asked_alone(cast: Cast) -> None:
    row = asked(cast)
    assert "decline it" in refused(agreements.end, agreement=row, by=cast.other_administrator)
    agreements.end(agreement=row, by=cast.administrator)
    assert told("agreement.withdrawn") == [
        (clinic.pk, cast.administrator.email) for clinic in (cast.clinic_a, cast.clinic_b)
    ]
    assert "has withdrawn it" in refused(agreements.accept, agreement=row, by=cast.other_administrator)


@pytest.mark.parametrize("by", ["administrator", "other_administrator"])
def test_either_side_ends_it_at_once(cast: Cast, by: str) -> None:
    row = agreed(cast)
    agreements.end(agreement=row, by=getattr(cast, by))
    row.refresh_from_db()
    assert not row.in_force
    assert row.ended_by == getattr(cast, by)
    assert "had ended already" in refused(agreements.end, agreement=row, by=cast.administrator)


def test_only_an_administrator_of_the_right_clinic_signs(cast: Cast) -> None:
    terms = Terms(first_day=today())
    for who in (cast.doctor, cast.technician, cast.operator):
        refused(agreements.ask, by=who, reading_clinic=cast.clinic_b, terms=terms)
    row = asked(cast)
    third = person("administrator@c.example", Clinic.objects.create(name="C"), Role.ADMINISTRATOR)
    for who in (cast.administrator, cast.stranger, cast.operator, third):
        refused(agreements.accept, agreement=row, by=who)
        refused(agreements.decline, agreement=row, by=who, reason="no")
    for who in (cast.doctor, cast.stranger, cast.operator, third):
        refused(agreements.end, agreement=row, by=who)
    row.refresh_from_db()
    assert row.state == AgreementState.ASKED


def test_two_clinics_have_one_agreement_at_once_in_each_direction(cast: Cast) -> None:
    asked(cast)
    assert "is asked already" in refused(asked, cast)
    agreements.accept(agreement=ReadingAgreement.objects.get(), by=cast.other_administrator)
    assert "End it first" in refused(asked, cast)
    back = agreements.ask(
        by=cast.other_administrator, reading_clinic=cast.clinic_a, terms=Terms(first_day=today())
    )
    assert back.clinic == cast.clinic_b


def test_one_whose_last_day_is_past_is_closed_by_the_next(cast: Cast) -> None:
    yesterday = today() - timedelta(days=1)
    old = ReadingAgreement.objects.create(
        clinic=cast.clinic_a, reading_clinic=cast.clinic_b, state="agreed", first_day=yesterday,
        last_day=yesterday, asked_by=cast.administrator,
    )  # fmt: skip
    new = asked(cast)
    old.refresh_from_db()
    assert (old.state, old.is_open, old.ended_by) == ("ended", None, None)
    assert new.is_open
    assert [clinic for clinic, _ in told("agreement.ended")] == [cast.clinic_a.pk, cast.clinic_b.pk]


def test_one_whose_last_day_is_past_cannot_be_accepted(cast: Cast) -> None:
    row = asked(cast, last_day=today())
    ReadingAgreement.objects.filter(pk=row.pk).update(last_day=today() - timedelta(days=1))
    assert "last day is past" in refused(agreements.accept, agreement=row, by=cast.other_administrator)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"first_day": -1}, "first day is past"),
        ({"last_day": -1}, "before the first"),
        ({"hours_from": time(8)}, "both hours"),
        ({"hours_from": time(8), "hours_to": time(8)}, "end when they begin"),
    ],
)
def test_days_and_hours_that_make_no_sense_are_refused(cast: Cast, terms: Any, words: str) -> None:
    days = {name: today() + timedelta(days=value) for name, value in terms.items() if name.endswith("day")}
    assert words in refused(asked, cast, **{**terms, **days})
    assert not ReadingAgreement.objects.exists()


def test_a_clinic_does_not_ask_itself(cast: Cast) -> None:
    terms = Terms(first_day=today())
    assert "another clinic" in refused(
        agreements.ask, by=cast.administrator, reading_clinic=cast.clinic_a, terms=terms
    )


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_ask_at_once_have_one_agreement(cast: Cast) -> None:
    colleague = person("second@a.example", cast.clinic_a, Role.ADMINISTRATOR)
    terms = Terms(first_day=today())
    (found,) = meets(
        lambda: asked(cast),
        lambda: agreements.ask(by=colleague, reading_clinic=cast.clinic_b, terms=terms),
    )
    assert isinstance(found, AgreementRefused)
    assert ReadingAgreement.objects.count() == 1


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_who_accepts_while_it_is_withdrawn_is_told_so(cast: Cast) -> None:
    row = asked(cast)
    (found,) = meets(
        lambda: agreements.end(agreement=row, by=cast.administrator),
        lambda: agreements.accept(agreement=row, by=cast.other_administrator),
    )
    assert isinstance(found, AgreementRefused)
    row.refresh_from_db()
    assert row.state == AgreementState.ENDED
