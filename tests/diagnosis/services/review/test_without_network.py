"""A doctor is never stuck behind the network: films without a result are read and signed all the same."""

import pytest

from diagnosis.models import Decision, Finding, Review, Scan, ScanStatus, Study, StudyState
from diagnosis.services import review, worklist
from tests.conftest import Cast
from tests.diagnosis.services.review.signing import sign
from tests.films import predict, queued_scan

NO_RESULT = [ScanStatus.QUEUED, ScanStatus.ANALYSING, ScanStatus.REFUSED, ScanStatus.FAILED]


def without_result(cast: Cast, status: str = ScanStatus.QUEUED) -> Scan:
    scan = queued_scan(cast.clinic_a, cast.technician, seed=5, number="P-5")
    Scan.objects.filter(pk=scan.pk).update(status=status)
    scan.refresh_from_db()
    worklist.refresh(scan.study)
    return scan


def read(scan: Scan, doctor: object, finding: str = Finding.PNEUMONIA, **words: str) -> Review:
    return review.sign_off(
        scan=scan, prediction=None, doctor=doctor, decision=Decision.READ, finding=finding, **words
    )


@pytest.mark.parametrize("status", NO_RESULT)
def test_a_reading_ends_the_study_with_the_doctors_finding(cast: Cast, status: str) -> None:
    scan = without_result(cast, status)
    signed = read(scan, cast.doctor, note="Right lower lobe")
    study = Study.objects.get(pk=scan.study_id)
    assert (signed.prediction, signed.finding) == (None, "pneumonia")
    assert (study.state, study.doctor_finding, study.network_finding) == (
        StudyState.REVIEWED,
        "pneumonia",
        "",
    )
    assert study.rank == worklist.RANK_DONE


def test_a_result_that_arrives_later_waits_for_a_doctor(cast: Cast) -> None:
    scan = without_result(cast)
    read(scan, cast.doctor, Finding.NORMAL)
    predict(scan)
    study = Study.objects.get(pk=scan.study_id)
    assert study.state == StudyState.TO_REVIEW
    assert study.doctor_finding == "normal", "what was signed stands"
    with pytest.raises(review.ResultChanged, match="result has arrived"):
        read(scan, cast.doctor)


def test_a_form_that_lost_which_result_was_read_signs_nothing(scan: Scan, cast: Cast) -> None:
    with pytest.raises(review.ResultChanged, match="did not say which result"):
        review.sign_off(scan=scan, prediction=None, doctor=cast.doctor, decision=Decision.AGREE)
    assert not Review.objects.exists()


@pytest.mark.parametrize("decision", [Decision.AGREE, Decision.CHANGE, Decision.REJECT])
def test_without_a_result_there_is_nothing_to_agree_with(cast: Cast, decision: str) -> None:
    with pytest.raises(review.ResultChanged, match="no result for this film"):
        review.sign_off(
            scan=without_result(cast),
            prediction=None,
            doctor=cast.doctor,
            decision=decision,
            finding="normal",
        )


def test_a_reading_names_a_finding(cast: Cast) -> None:
    with pytest.raises(review.ReviewRefused) as refused:
        read(without_result(cast), cast.doctor, "")
    assert refused.value.field == "finding"


def test_a_reading_does_not_pass_for_a_review_of_a_result(scan: Scan, cast: Cast) -> None:
    with pytest.raises(review.ReviewRefused):
        sign(scan, cast.doctor, Decision.READ, finding="")
    with pytest.raises(review.ReviewRefused):
        sign(scan, cast.doctor, Decision.READ, finding="normal")
    assert not Review.objects.exists()


def test_another_films_result_is_not_signed(scan: Scan, cast: Cast) -> None:
    other = queued_scan(cast.clinic_a, cast.technician, seed=6, number="P-6")
    with pytest.raises(review.ResultChanged, match="about another film"):
        review.sign_off(scan=scan, prediction=predict(other), doctor=cast.doctor, decision=Decision.AGREE)
