"""A film that was set aside is signed only by a doctor who lets it count again; a cancelled study is not."""

import pytest

from accounts.models import AuditEvent
from diagnosis.models import Review, Scan, Study, StudyState
from diagnosis.services import lifecycle, review, studies
from tests.conftest import Cast
from tests.diagnosis.services.review.signing import sign


def set_aside(scan: Scan, cast: Cast) -> None:
    assert lifecycle.set_aside(scan=scan, actor=cast.technician, reason="The wrong side is marked")


def test_its_result_is_not_signed_and_the_refusal_says_who_dismissed_it(scan: Scan, cast: Cast) -> None:
    set_aside(scan, cast)
    with pytest.raises(review.ReviewRefused, match="Technician Test dismissed this film"):
        sign(scan, cast.doctor)
    assert not Review.objects.exists()
    assert Study.objects.get().state == StudyState.DISMISSED


def test_it_counts_again_with_the_signature_and_both_are_on_record(scan: Scan, cast: Cast) -> None:
    set_aside(scan, cast)
    sign(scan, cast.doctor, count_again=True)
    assert Scan.objects.get().set_aside_at is None
    assert (Study.objects.get().state, Study.objects.get().films_read) == (StudyState.REVIEWED, 1)
    last = AuditEvent.objects.order_by("-sequence").values_list("action", flat=True)[:2]
    assert list(last) == ["review.signed", "scan.taken_back"]


def test_a_signature_that_is_refused_leaves_it_set_aside(scan: Scan, cast: Cast) -> None:
    set_aside(scan, cast)
    with pytest.raises(review.ReviewRefused, match="Say why"):
        sign(scan, cast.doctor, "reject", count_again=True)
    assert Scan.objects.get().set_aside_at is not None


def test_nothing_is_signed_in_a_study_that_was_cancelled(scan: Scan, cast: Cast) -> None:
    studies.cancel_study(study=scan.study, actor=cast.technician, reason="Another patient")
    with pytest.raises(review.ReviewRefused, match="Technician Test cancelled this study"):
        sign(scan, cast.doctor)
    studies.reopen_study(study=scan.study, actor=cast.doctor)
    assert sign(scan, cast.doctor)
