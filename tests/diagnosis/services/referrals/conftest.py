"""A reading clinic, a film to be read, and the steps that tests take."""

import pytest

from accounts.models import AuditEvent, User
from diagnosis.models import Referral, Scan, Study
from diagnosis.services import referrals, review
from tests.conftest import Cast
from tests.diagnosis.reading_clinics import Hub
from tests.films import analysed_scan


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


def asked(scan: Scan, hub: Hub, cast: Cast, question: str = "") -> Referral:
    return referrals.ask(study=scan.study, by=cast.technician, agreement=hub.agreement, question=question)


def sign(scan: Scan, doctor: User) -> Study:
    review.sign_off(
        scan=scan, prediction=scan.predictions.get(), doctor=doctor, decision="change", finding="covid19"
    )
    return Study.objects.get(pk=scan.study_id)


def actions(scan: Scan) -> list[str]:
    found = AuditEvent.objects.filter(study_id=str(scan.study.public_id)).order_by("sequence")
    return [event.action for event in found if event.action.split(".")[0] in ("referral", "inquiry")]
