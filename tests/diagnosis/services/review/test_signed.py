"""A signed review stays as it is, and is on record without what was written."""

import pytest

from accounts.models import AppendOnlyError, AuditEvent
from diagnosis.models import Decision, Finding, Review, Scan, Study
from diagnosis.services import review
from tests.conftest import Cast
from tests.diagnosis.services.review.signing import sign


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
