"""A result that the doctor has not seen is not signed."""

import pytest

from diagnosis.models import Decision, Review, Scan, ScanStatus, Study, StudyState
from diagnosis.services import review
from tests.conftest import Cast
from tests.diagnosis.services.review.signing import sign
from tests.films import predict, promoted


def test_a_newer_result_than_the_one_on_the_page_is_not_signed_unseen(scan: Scan, cast: Cast) -> None:
    seen = scan.predictions.get()
    promoted("2.0.0")
    predict(scan, p_covid19=0.8, p_pneumonia=0.1, version="2.0.0")
    with pytest.raises(review.ReviewRefused, match="newer result"):
        review.sign_off(scan=scan, prediction=seen, doctor=cast.doctor, decision=Decision.AGREE)
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    "slip", [(Decision.REJECT, ""), (Decision.CHANGE, "pneumonia"), (Decision.CHANGE, "")]
)
def test_a_slip_in_the_form_does_not_hide_that_a_newer_result_arrived(
    scan: Scan, cast: Cast, slip: tuple[str, str]
) -> None:
    seen = scan.predictions.get()
    promoted("2.0.0")
    predict(scan, p_covid19=0.8, p_pneumonia=0.1, version="2.0.0")
    decision, finding = slip
    with pytest.raises(review.ReviewRefused, match="newer result"):
        review.sign_off(scan=scan, prediction=seen, doctor=cast.doctor, decision=decision, finding=finding)


def test_a_film_that_is_analysed_again_cannot_be_signed_meanwhile(scan: Scan, cast: Cast) -> None:
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.QUEUED)
    with pytest.raises(review.ReviewRefused, match="analysed again"):
        sign(scan, cast.doctor)


def test_after_a_rollback_the_active_networks_result_is_the_one_to_sign(scan: Scan, cast: Cast) -> None:
    good = scan.predictions.get()
    promoted("2.0.0")
    withdrawn = predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    promoted("1.0.0")
    with pytest.raises(review.ReviewRefused, match="has been withdrawn"):
        review.sign_off(scan=scan, prediction=withdrawn, doctor=cast.doctor, decision=Decision.AGREE)
    review.sign_off(scan=scan, prediction=good, doctor=cast.doctor, decision=Decision.AGREE)
    study = Study.objects.get(pk=scan.study_id)
    assert (study.state, study.network_finding) == (StudyState.REVIEWED, "pneumonia")
