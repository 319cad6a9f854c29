"""What a doctor may sign, and what becomes of it."""

import pytest

from accounts.models import AppendOnlyError, AuditEvent
from diagnosis.models import Decision, Finding, Review, Scan, ScanStatus, Study, StudyState
from diagnosis.services import review
from tests.conftest import Cast
from tests.films import analysed_scan, predict, promoted, queued_scan


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


def sign(scan: Scan, doctor: object, decision: str = Decision.AGREE, **words: str) -> Review:
    prediction = scan.predictions.order_by("-id").first()
    return review.sign_off(scan=scan, prediction=prediction, doctor=doctor, decision=decision, **words)


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


def test_a_form_sent_twice_makes_one_review(scan: Scan, cast: Cast) -> None:
    first = sign(scan, cast.doctor, note="once")
    with pytest.raises(review.AlreadySigned) as twice:
        sign(scan, cast.doctor, note="once")
    assert twice.value.review == first
    assert Review.objects.count() == 1
    assert AuditEvent.objects.filter(action="review.signed").count() == 1


def test_a_colleague_and_a_second_thought_are_reviews_of_their_own(scan: Scan, cast: Cast) -> None:
    sign(scan, cast.doctor)
    sign(scan, cast.colleague)
    sign(scan, cast.doctor, Decision.CHANGE, finding=Finding.NORMAL)
    sign(scan, cast.doctor)  # back to the first opinion: that is a fourth word, not a double
    assert Review.objects.count() == 4
    assert Study.objects.get(pk=scan.study_id).doctor_finding == "pneumonia"


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


def test_a_signed_review_never_changes(scan: Scan, cast: Cast) -> None:
    signed = sign(scan, cast.doctor)
    signed.note = "other"
    with pytest.raises(AppendOnlyError):
        signed.save()
    with pytest.raises(AppendOnlyError):
        signed.delete()


def test_the_signature_is_on_record_without_what_was_written(scan: Scan, cast: Cast) -> None:
    sign(scan, cast.doctor, Decision.REJECT, reason="Ada moved", note="tell Ada")
    event = AuditEvent.objects.get(action="review.signed")
    assert event.actor == cast.doctor.email
    assert event.study_id == str(scan.study.public_id)
    assert event.facts["decision"] == "reject"
    assert "Ada" not in str(event.facts)


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
