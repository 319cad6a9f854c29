"""A study goes to a reading clinic and comes back: each step once, on record, by whom it is up to."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.audit import verify
from accounts.models import AuditEvent, Role, User
from diagnosis.models import Notice, OverdueNotice, ReadingRules, Referral, ReferralState, Scan, Study
from diagnosis.services import inquiries, overdue, referrals, referred, review, studies, worklist
from tests.accounts.race import meets, needs_row_locks
from tests.conftest import Cast, person
from tests.diagnosis.management.verify_audit_trail.past_the_portal import faults
from tests.diagnosis.reading_clinics import Hub, reading_clinic
from tests.films import analysed_scan, queued_scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def hub(cast: Cast) -> Hub:
    return reading_clinic(cast)


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


def asked(scan: Scan, hub: Hub, cast: Cast, question: str = "") -> Referral:
    return referrals.ask(study=scan.study, by=cast.technician, agreement=hub.agreement, question=question)


def sign(scan: Scan, doctor: object) -> Study:
    review.sign_off(
        scan=scan, prediction=scan.predictions.get(), doctor=doctor, decision="change", finding="covid19"
    )  # type: ignore[arg-type]
    return Study.objects.get(pk=scan.study_id)


def actions(scan: Scan) -> list[str]:
    found = AuditEvent.objects.filter(study_id=str(scan.study.public_id)).order_by("sequence")
    return [event.action for event in found if event.action.split(".")[0] in ("referral", "inquiry")]


def test_asked_accepted_read_and_returned_each_with_its_time(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast, "Is the heart large?")
    assert referrals.accept(referral=referral, by=hub.doctor)
    assert not referrals.accept(referral=referral, by=hub.doctor)
    sign(scan, hub.doctor)
    referral.refresh_from_db()
    assert referral.state == ReferralState.RETURNED
    assert referral.asked_at <= referral.accepted_at <= referral.read_at <= referral.returned_at  # type: ignore[operator]
    assert actions(scan) == ["referral.requested", "referral.accepted", "referral.returned"]
    assert list(verify()) == []
    assert [fault for fault in faults() if fault.startswith(("referral", "inquiry"))] == []


def test_a_signature_without_a_press_of_accept_accepts(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    sign(scan, hub.doctor)
    referral.refresh_from_db()
    assert referral.accepted_by == hub.doctor


def test_who_was_not_asked_may_not_sign(cast: Cast, hub: Hub, scan: Scan) -> None:
    for doctor in (hub.doctor, cast.stranger):
        with pytest.raises(review.ReviewRefused, match="was asked to read"):
            sign(scan, doctor)
    hub.end()
    Referral.objects.create(
        study=scan.study, clinic=cast.clinic_a, reading_clinic=hub.clinic, agreement=hub.agreement
    )
    with pytest.raises(review.ReviewRefused, match="was asked to read"):
        sign(scan, hub.doctor)


def test_one_clinic_at_once_is_asked(cast: Cast, hub: Hub, scan: Scan) -> None:
    asked(scan, hub, cast)
    with pytest.raises(referrals.NotReferred, match="District hospital was asked to read it already"):
        asked(scan, reading_clinic(cast, name="Other hospital"), cast)


def test_an_agreement_of_another_clinic_or_one_that_is_over_asks_nobody(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    hub.agreement.clinic = cast.clinic_b
    hub.agreement.save()
    with pytest.raises(referrals.NotReferred, match="does not count any more"):
        asked(scan, hub, cast)
    over = reading_clinic(cast, name="Old hospital")
    over.end()
    over.agreement.refresh_from_db()
    with pytest.raises(referrals.NotReferred, match="does not count any more"):
        asked(scan, over, cast)


def test_declining_needs_a_reason_and_the_decliner_sees_it_no_more(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    with pytest.raises(referrals.NotReferred, match="Say why"):
        referrals.decline(referral=referral, by=hub.doctor, reason="  ")
    referrals.decline(referral=referral, by=hub.doctor, reason="The film is too dark.")
    assert not referred.may_read(hub.doctor, scan.study)
    with pytest.raises(referrals.NotReferred, match="over already: declined"):
        referrals.accept(referral=referral, by=hub.doctor)
    asked(scan, hub, cast)  # the clinic may ask again


def test_passing_on_goes_to_a_clinic_that_reads_for_the_sender_alone(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    referral, other = asked(scan, hub, cast, "?"), reading_clinic(cast, name="Other hospital")
    foreign = reading_clinic(cast, name="Foreign hospital")
    foreign.agreement.clinic = hub.clinic
    foreign.agreement.save()
    with pytest.raises(referrals.NotReferred, match="does not count"):
        referrals.pass_on(referral=referral, by=hub.doctor, agreement=foreign.agreement, reason="Full.")
    onward = referrals.pass_on(referral=referral, by=hub.doctor, agreement=other.agreement, reason="Full.")
    assert (onward.passed_from, onward.question) == (referral, "?")
    assert referred.may_read(other.doctor, scan.study)
    assert not referred.may_read(hub.doctor, scan.study)


def test_nobody_of_another_clinic_takes_it_back(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    for other in (hub.doctor, cast.stranger):
        assert not referrals.withdraw(referral=referral, by=other)
    referral.refresh_from_db()
    assert referral.is_open


def test_an_earlier_study_that_was_cancelled_is_not_shown_with_the_one_to_read(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    mistaken = analysed_scan(cast.clinic_a, cast.technician, seed=3).study
    day_before = scan.study.taken_at - timedelta(days=1)
    Study.objects.filter(pk=mistaken.pk).update(patient=scan.study.patient, taken_at=day_before)
    asked(scan, hub, cast)
    assert set(Study.objects.filter(referred.shown(hub.clinic))) == {scan.study, mistaken}
    studies.cancel_study(study=mistaken, actor=cast.doctor, reason="Of somebody else")
    assert set(Study.objects.filter(referred.shown(hub.clinic))) == {scan.study}


def test_read_in_the_clinic_itself_the_request_ends(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    sign(scan, cast.doctor)
    referral.refresh_from_db()
    assert (referral.state, referral.read_at) == (ReferralState.WITHDRAWN, None)
    assert not referred.may_read(hub.doctor, scan.study)


def test_what_an_agreement_covers_is_given_by_itself_and_once(cast: Cast, scan: Scan) -> None:
    hub = reading_clinic(cast, covers="all")
    assert referrals.refer_covered() == 1
    assert referrals.refer_covered() == 0
    referral = Referral.objects.get()
    assert (referral.state, referral.asked_by, referral.reading_clinic) == ("accepted", None, hub.clinic)
    referrals.decline(referral=referral, by=hub.doctor, reason="Full.")
    assert referrals.refer_covered() == 0  # who declined is not given it again


def test_only_urgent_ones_where_only_those_are_covered(cast: Cast, scan: Scan) -> None:
    reading_clinic(cast, covers="urgent")
    assert referrals.refer_covered() == 0
    studies.update_study(study=scan.study, actor=cast.technician, urgent=True)
    assert referrals.refer_covered() == 1


def test_the_end_of_an_agreement_ends_what_is_open_and_keeps_what_was_read(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    read = asked(scan, hub, cast)
    sign(scan, hub.doctor)
    other = analysed_scan(cast.clinic_a, cast.technician, number="P-2", seed=2)
    waiting = asked(other, hub, cast)
    hub.end()
    assert referrals.close_over() == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.closed_reason) == ("withdrawn", "The agreement is over.")
    shown = Study.objects.filter(referred.shown(hub.clinic))
    assert list(shown) == [read.study]


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


def test_a_cancelled_study_is_not_to_be_read_any_more(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    studies.cancel_study(study=scan.study, actor=cast.doctor, reason="Entered twice")
    assert referrals.close_over() == 1
    referral.refresh_from_db()
    assert referral.closed_reason == "The study is not to be read any more."


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


def test_an_administrator_of_the_reading_clinic_decides_nothing(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    head = person("head@hub.example", hub.clinic, Role.ADMINISTRATOR)
    with pytest.raises(referrals.NotReferred, match="Only doctors"):
        referrals.accept(referral=referral, by=head)


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


def test_a_study_that_opens_again_is_asked_for_again(cast: Cast, scan: Scan) -> None:
    hub = reading_clinic(cast, covers="all")
    referrals.refer_covered()
    study = sign(scan, hub.doctor)
    assert Referral.objects.get().state == ReferralState.RETURNED
    assert referrals.refer_covered() == 0
    another = queued_scan(cast.clinic_a, cast.technician, seed=9)
    Scan.objects.filter(pk=another.pk).update(study=study)
    worklist.refresh(study)
    referrals.refer_covered()
    assert Referral.objects.filter(study=study, is_open=True).count() == 1
    assert referred.may_read(hub.doctor, study)


def test_what_the_clinic_took_back_is_not_given_away_again(cast: Cast, scan: Scan) -> None:
    reading_clinic(cast, covers="all")
    referrals.refer_covered()
    assert referrals.withdraw(referral=Referral.objects.get(), by=cast.technician)
    assert referrals.refer_covered() == 0


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


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_who_signs_while_the_study_is_taken_back_has_not_signed(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    (found,) = meets(
        lambda: referrals.withdraw(referral=referral, by=cast.technician), lambda: sign(scan, hub.doctor)
    )
    assert isinstance(found, review.ReviewRefused)
    assert not scan.reviews.exists()


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_of_two_doctors_who_decide_at_once_the_second_is_told(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    (found,) = meets(
        lambda: referrals.decline(referral=referral, by=hub.doctor, reason="Full."),
        lambda: referrals.accept(referral=referral, by=hub.doctor),
    )
    assert isinstance(found, referrals.NotReferred)
    referral.refresh_from_db()
    assert (referral.state, referral.accepted_by) == (ReferralState.DECLINED, None)


def test_a_clinic_without_a_doctor_is_not_asked(cast: Cast, hub: Hub, scan: Scan) -> None:
    hub.doctor.is_active = False
    hub.doctor.save()
    with pytest.raises(referrals.NotReferred, match="District hospital has no doctor now"):
        asked(scan, hub, cast)
    assert not Referral.objects.exists()
