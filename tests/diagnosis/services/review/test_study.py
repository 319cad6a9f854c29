"""What a review says about the study around it."""

from diagnosis.models import Scan, Study, StudyState
from tests.conftest import Cast
from tests.diagnosis.services.review.signing import sign
from tests.films import predict, promoted, queued_scan


def test_a_review_of_one_prediction_leaves_the_next_one_to_review(scan: Scan, cast: Cast) -> None:
    sign(scan, cast.doctor)
    promoted("2.0.0")
    predict(scan, version="2.0.0")
    assert Study.objects.get(pk=scan.study_id).state == StudyState.TO_REVIEW


def test_a_normal_film_signed_later_does_not_hide_the_sick_one(scan: Scan, cast: Cast) -> None:
    other = queued_scan(cast.clinic_a, cast.technician, seed=1)
    Scan.objects.filter(pk=other.pk).update(study=scan.study)
    other.refresh_from_db()
    predict(other, p_covid19=0.05, p_pneumonia=0.05)
    sign(scan, cast.doctor)
    sign(other, cast.doctor)
    assert Study.objects.get(pk=scan.study_id).doctor_finding == "pneumonia"
