"""Who of the two clinics is told of what, and who answers whom."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.audit import verify
from accounts.models import AuditEvent, Role, User
from diagnosis.models import Notice, OverdueNotice, ReadingRules, Referral, Scan, Study
from diagnosis.services import inquiries, overdue, referrals, studies
from tests.conftest import Cast, person
from tests.diagnosis.management.verify_audit_trail.past_the_portal import faults
from tests.diagnosis.reading_clinics import Hub, reading_clinic
from tests.diagnosis.services.referrals.conftest import actions, asked, sign
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_the_end_of_an_agreement_under_which_many_wait_is_one_mail(cast: Cast, hub: Hub, scan: Scan) -> None:
    for seed in (2, 3):
        asked(analysed_scan(cast.clinic_a, cast.technician, number=f"P-{seed}", seed=seed), hub, cast)
    asked(scan, hub, cast)
    hub.end()
    mail.outbox.clear()
    assert referrals.close_over() == 3
    assert [letter.to for letter in mail.outbox] == [[cast.technician.email]]


@pytest.mark.django_db(transaction=True)
def test_many_urgent_studies_that_an_agreement_gives_away_are_one_mail(cast: Cast) -> None:
    hub = reading_clinic(cast, covers="urgent")
    for seed in (2, 3):
        found = analysed_scan(cast.clinic_a, cast.technician, number=f"P-{seed}", seed=seed)
        studies.update_study(study=found.study, actor=cast.technician, urgent=True)
    mail.outbox.clear()
    assert referrals.refer_covered() == 2
    assert [letter.to for letter in mail.outbox] == [[hub.doctor.email]]


def test_a_question_returns_with_its_answer_and_the_record_keeps_no_words(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    referral = asked(scan, hub, cast)
    inquiry = inquiries.ask(referral=referral, by=hub.doctor, question="Is this Mrs Doe?")
    assert inquiries.ask(referral=referral, by=hub.doctor, question="Is this Mrs Doe?") == inquiry
    with pytest.raises(inquiries.NotSent, match="clinic that took the films"):
        inquiries.answer(inquiry=inquiry, by=hub.doctor, words="Yes")
    assert inquiries.answer(inquiry=inquiry, by=cast.technician, words="Yes, she is.")
    assert not inquiries.answer(inquiry=inquiry, by=cast.doctor, words="No")
    assert actions(scan)[1:] == ["inquiry.asked", "inquiry.answered"]
    assert "Doe" not in str(list(AuditEvent.objects.values_list("facts", flat=True)))
    assert list(verify()) == []
    assert [fault for fault in faults() if fault.startswith(("referral", "inquiry"))] == []


def test_only_who_was_asked_to_read_sends_questions(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    for other in (cast.doctor, cast.stranger, reading_clinic(cast, name="Other hospital").doctor):
        with pytest.raises(inquiries.NotSent, match="may read the study"):
            inquiries.ask(referral=referral, by=other, question="A lateral?")


def test_an_answer_reaches_the_colleagues_of_whoever_asked_and_has_left(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    referral, colleague = asked(scan, hub, cast), person("second@hub.example", hub.clinic, Role.DOCTOR)
    first, second = (
        inquiries.ask(referral=referral, by=hub.doctor, question=words) for words in ("A lateral?", "Age?")
    )
    inquiries.answer(inquiry=first, by=cast.technician, words="No.")
    User.objects.filter(pk=hub.doctor.pk).update(is_active=False)
    inquiries.answer(inquiry=second, by=cast.technician, words="40.")
    told = Notice.objects.filter(kind="answer").order_by("pk").values_list("person", "about")
    assert list(told) == [
        (hub.doctor.pk, str(first.public_id)),
        (colleague.pk, str(second.public_id)),
    ]


def test_an_overdue_study_is_told_to_who_reads_it_and_without_doctors_to_administrators(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    User.objects.filter(clinic=cast.clinic_a, role=Role.DOCTOR).update(is_active=False)
    asked(scan, hub, cast)
    Study.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert overdue.tell_doctors() == 1
    told = Notice.objects.filter(kind="overdue").values_list("person__email", flat=True)
    assert set(told) == {hub.doctor.email, cast.administrator.email}


def test_people_hear_of_each_step_that_waits_for_them(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    inquiries.ask(referral=referral, by=hub.doctor, question="A lateral?")
    sign(scan, hub.doctor)
    told = Notice.objects.order_by("pk").values_list("person__email", "kind")
    assert list(told) == [
        (hub.doctor.email, "referral"),
        (cast.technician.email, "question"),
        (cast.technician.email, "reading_signed"),
    ]


def test_what_a_third_clinic_says_reaches_the_clinic_that_took_the_films(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    other = reading_clinic(cast, name="Other hospital")
    passed = asked(scan, hub, cast)
    onward = referrals.pass_on(referral=passed, by=hub.doctor, agreement=other.agreement, reason="Full.")
    Notice.objects.all().delete()
    referrals.decline(referral=onward, by=other.doctor, reason="Full, too.")
    assert [notice.person for notice in Notice.objects.all()] == [cast.technician]


def test_where_the_sender_has_left_everybody_there_is_told(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    User.objects.filter(pk=cast.technician.pk).update(is_active=False)
    Notice.objects.all().delete()
    referrals.decline(referral=referral, by=hub.doctor, reason="Full.")
    told = set(Notice.objects.values_list("person__email", flat=True))
    assert told == {cast.administrator.email, cast.doctor.email, cast.colleague.email}


def test_urgent_later_the_reading_doctors_are_told(cast: Cast, hub: Hub, scan: Scan) -> None:
    asked(scan, hub, cast)
    studies.update_study(study=scan.study, actor=cast.technician, urgent=True)
    assert Notice.objects.filter(person=hub.doctor, kind="urgent_waiting").count() == 1


def test_a_clinic_that_does_not_read_in_time_is_told_so_and_the_sender_too(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    ReadingRules.objects.create(clinic=cast.clinic_a, urgent_minutes=0, routine_minutes=0)
    referral = asked(scan, hub, cast)
    assert overdue.tell_doctors() == 0
    Referral.objects.update(asked_at=timezone.now() - timedelta(minutes=239))
    assert overdue.tell_doctors() == 0, "the agreement says 240"
    Referral.objects.update(asked_at=timezone.now() - timedelta(minutes=241))
    assert [overdue.tell_doctors(), overdue.tell_doctors()] == [1, 0]
    told = Notice.objects.filter(kind="overdue").values_list("person", flat=True)
    assert set(told) == {hub.doctor.pk, cast.doctor.pk, cast.colleague.pk}
    assert referral.is_open


def test_an_overdue_study_that_is_then_given_to_another_clinic_is_told_of_there_and_again_if_it_waits(
    cast: Cast, scan: Scan
) -> None:
    Study.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert overdue.tell_doctors() == 1
    hub = reading_clinic(cast, covers="all")
    referrals.refer_covered()
    assert Notice.objects.filter(kind="overdue", person=hub.doctor).count() == 1, "at once"
    assert overdue.tell_doctors() == 0
    later = timezone.now() - timedelta(minutes=241)
    Referral.objects.update(asked_at=later)
    OverdueNotice.objects.update(told_at=later - timedelta(minutes=1))
    assert [overdue.tell_doctors(), overdue.tell_doctors()] == [1, 0]
    for doctor in (hub.doctor, cast.doctor):
        assert Notice.objects.filter(kind="overdue", person=doctor).count() == 2
