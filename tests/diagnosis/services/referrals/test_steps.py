"""A study goes to a reading clinic and comes back: each step once, on record, by whom it is up to."""

from datetime import timedelta

import pytest

from accounts.audit import verify
from accounts.models import Role
from diagnosis.models import Referral, ReferralState, Scan, Study
from diagnosis.services import referrals, referred, review, studies
from tests.accounts.race import meets, needs_row_locks
from tests.conftest import Cast, person
from tests.diagnosis.management.verify_audit_trail.past_the_portal import faults
from tests.diagnosis.reading_clinics import Hub, reading_clinic
from tests.diagnosis.services.referrals.conftest import actions, asked, sign
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db


def test_asked_accepted_read_and_returned_each_with_its_time(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast, "Is the heart large?")
    assert referrals.accept(referral=referral, by=hub.doctor)
    assert not referrals.accept(referral=referral, by=hub.doctor)
    sign(scan, hub.doctor)
    referral.refresh_from_db()
    assert referral.state == ReferralState.RETURNED
    steps = [referral.asked_at, referral.accepted_at, referral.read_at, referral.returned_at]
    known = [at for at in steps if at is not None]
    assert len(known) == 4
    assert known == sorted(known)
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


def test_a_clinic_without_a_doctor_is_not_asked(cast: Cast, hub: Hub, scan: Scan) -> None:
    hub.doctor.is_active = False
    hub.doctor.save()
    with pytest.raises(referrals.NotReferred, match="District hospital has no doctor now"):
        asked(scan, hub, cast)
    assert not Referral.objects.exists()


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


def test_whom_else_the_sender_asks_is_not_told_to_who_was_asked(cast: Cast, hub: Hub, scan: Scan) -> None:
    asked(scan, hub, cast)
    sign(scan, hub.doctor)
    other = reading_clinic(cast, name="Other hospital")
    later = asked(scan, other, cast)
    result = scan.predictions.get()
    review.sign_off(scan=scan, prediction=result, doctor=hub.doctor, decision="change", finding="normal")
    later.refresh_from_db()
    assert (later.state, later.closed_reason) == (ReferralState.WITHDRAWN, "Read by another clinic.")


def test_an_administrator_of_the_reading_clinic_decides_nothing(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    head = person("head@hub.example", hub.clinic, Role.ADMINISTRATOR)
    with pytest.raises(referrals.NotReferred, match="Only doctors"):
        referrals.accept(referral=referral, by=head)


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
