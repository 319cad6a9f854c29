"""A signature that can still be undone counts where it was pressed, wherever its doctor works by then."""

import pytest

from accounts import memberships
from accounts.models import Membership, Role
from diagnosis.models import Review, Scan, SignatureState
from diagnosis.services import assigning, review, second_reads
from tests.accounts.joining import joined, switched
from tests.conftest import Cast
from tests.diagnosis.services.review.pressing import press, time_is_over
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.TECHNICIAN])
def test_who_switched_meanwhile_has_signed_all_the_same(scan: Scan, cast: Cast, role: str) -> None:
    signature = press(scan.study, cast.doctor)
    switched(cast, role=role)
    time_is_over(signature)
    assert review.finalise_due() == 1
    signature.refresh_from_db()
    assert signature.state == SignatureState.FINAL
    assert Review.objects.get().doctor == cast.doctor


def test_whose_work_for_the_clinic_ended_meanwhile_has_not_signed(scan: Scan, cast: Cast) -> None:
    signature = press(scan.study, cast.doctor)
    switched(cast)
    memberships.end(membership=Membership.objects.get(clinic=cast.clinic_a), by=cast.administrator)
    time_is_over(signature)
    review.finalise_due()
    signature.refresh_from_db()
    assert signature.state == SignatureState.RETURNED
    assert not Review.objects.exists()


def test_nobody_presses_sign_for_the_clinic_that_they_left_for_now(scan: Scan, cast: Cast) -> None:
    there = switched(cast)
    with pytest.raises(review.ReviewRefused):
        press(scan.study, there)


def test_a_doctor_at_work_elsewhere_can_be_given_studies_and_asked_second(scan: Scan, cast: Cast) -> None:
    switched(cast)
    assert cast.doctor in assigning.doctors_of(cast.administrator)
    assert cast.doctor in second_reads.readers_of(scan.study)
    joined(cast, cast.technician, role=Role.TECHNICIAN)
    assert cast.technician not in assigning.doctors_of(cast.other_administrator)
