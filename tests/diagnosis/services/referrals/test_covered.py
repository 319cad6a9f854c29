"""What an agreement covers is given by itself, and what is over is closed."""

import pytest

from accounts.models import User
from diagnosis.models import ReadingAgreement, Referral, ReferralState, Scan, Study
from diagnosis.services import referrals, referred, studies, worklist
from diagnosis.services.referrals import covered
from tests.conftest import Cast
from tests.diagnosis.reading_clinics import Hub, reading_clinic
from tests.diagnosis.services.referrals.conftest import asked, sign
from tests.films import analysed_scan, queued_scan

pytestmark = pytest.mark.django_db


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


def test_nothing_is_given_to_a_clinic_without_a_doctor(cast: Cast, scan: Scan) -> None:
    hub = reading_clinic(cast, covers="all")
    User.objects.filter(pk=hub.doctor.pk).update(is_active=False)
    assert referrals.refer_covered() == 0
    User.objects.filter(pk=hub.doctor.pk).update(is_active=True)
    assert referrals.refer_covered() == 1


def test_an_agreement_that_ends_meanwhile_gives_nothing_more(cast: Cast, scan: Scan) -> None:
    agreement = reading_clinic(cast, covers="all").agreement
    ReadingAgreement.objects.filter(pk=agreement.pk).update(state="ended", is_open=None)
    assert not covered._refer(scan.study_id, agreement)
    assert not Referral.objects.exists()


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


def test_a_cancelled_study_is_not_to_be_read_any_more(cast: Cast, hub: Hub, scan: Scan) -> None:
    referral = asked(scan, hub, cast)
    studies.cancel_study(study=scan.study, actor=cast.doctor, reason="Entered twice")
    assert referrals.close_over() == 1
    referral.refresh_from_db()
    assert referral.closed_reason == "The study is not to be read any more."


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
