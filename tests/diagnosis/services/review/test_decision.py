"""What a doctor may sign, and what becomes of it."""

import pytest

from diagnosis.models import Decision, Finding, Review, Scan, Study, StudyState
from diagnosis.services import review
from tests.conftest import Cast
from tests.diagnosis.services.review.signing import sign


def test_agreeing_takes_the_networks_finding_over_and_ends_the_study(scan: Scan, cast: Cast) -> None:
    signed = sign(scan, cast.doctor, note=" seen ")
    study = Study.objects.get(pk=scan.study_id)
    assert (signed.finding, signed.note) == ("pneumonia", "seen")
    assert (study.state, study.doctor_finding) == (StudyState.REVIEWED, "pneumonia")


def test_changing_the_finding_keeps_both_on_the_worklist(scan: Scan, cast: Cast) -> None:
    sign(scan, cast.doctor, Decision.CHANGE, finding=Finding.OTHER)
    study = Study.objects.get(pk=scan.study_id)
    assert (study.network_finding, study.doctor_finding) == ("pneumonia", "other")


def test_rejecting_names_no_finding_and_needs_a_reason(scan: Scan, cast: Cast) -> None:
    with pytest.raises(review.ReviewRefused) as refused:
        sign(scan, cast.doctor, Decision.REJECT, finding=Finding.NORMAL, reason="  ")
    assert refused.value.field == "reason"
    signed = sign(scan, cast.doctor, Decision.REJECT, finding=Finding.NORMAL, reason="rotated")
    assert (signed.finding, signed.reason) == ("", "rotated")


@pytest.mark.parametrize(
    ("decision", "finding", "field"),
    [
        ("change", "", "finding"),
        ("change", "flu", "finding"),
        ("change", "pneumonia", "finding"),
        ("", "", "decision"),
    ],
)
def test_a_decision_that_says_nothing_is_refused_at_its_field(
    scan: Scan, cast: Cast, decision: str, finding: str, field: str
) -> None:
    with pytest.raises(review.ReviewRefused) as refused:
        sign(scan, cast.doctor, decision, finding=finding)
    assert refused.value.field == field
    assert not Review.objects.exists()


@pytest.mark.parametrize("who", ["technician", "administrator", "waiting_doctor", "stranger"])
def test_only_an_approved_doctor_of_the_clinic_signs(scan: Scan, cast: Cast, who: str) -> None:
    with pytest.raises(review.ReviewRefused):
        sign(scan, getattr(cast, who))
    assert not Review.objects.exists()
