"""What a colleague did after the page was opened is told before anything is signed."""

import pytest
from django.utils import timezone

from diagnosis.models import Decision, Review, Scan, ScanStatus
from diagnosis.services import lifecycle, review
from diagnosis.services.review import Shown
from tests.conftest import Cast
from tests.diagnosis.services.review.signing import sign


def sign_as_shown(scan: Scan, doctor: object, newest: Review | None, **words: str) -> Review:
    shown = Shown(study=scan.study.public_id, review=newest.public_id if newest else None)
    return review.sign_off(
        scan=scan,
        prediction=scan.predictions.get(),
        doctor=doctor,
        decision=Decision.CHANGE,
        finding="normal",
        shown=shown,
        **words,
    )


def test_a_signature_since_is_told_with_name_finding_and_time(scan: Scan, cast: Cast) -> None:
    first = sign(scan, cast.colleague)
    at = f"{timezone.localtime(first.signed_at):%H:%M}"
    with pytest.raises(review.ReviewRefused, match=f"Colleague Test signed Pneumonia at {at}"):
        sign_as_shown(scan, cast.doctor, None)
    assert Review.objects.get() == first
    sign_as_shown(scan, cast.doctor, first)
    assert Review.objects.count() == 2


def test_a_second_thought_of_ones_own_needs_no_warning(scan: Scan, cast: Cast) -> None:
    first = sign(scan, cast.doctor)
    assert sign_as_shown(scan, cast.doctor, first).finding == "normal"


def test_the_same_form_twice_is_no_colleague(scan: Scan, cast: Cast) -> None:
    sign_as_shown(scan, cast.doctor, None)
    with pytest.raises(review.AlreadySigned):
        sign_as_shown(scan, cast.doctor, None)


def test_a_film_dismissed_since_says_who_and_when(scan: Scan, cast: Cast) -> None:
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.REFUSED)
    scan.refresh_from_db()
    assert lifecycle.set_aside(scan=scan, actor=cast.technician)
    shown = Shown(study=scan.study.public_id, review=None)
    words = {"scan": scan, "prediction": None, "doctor": cast.doctor, "decision": Decision.READ}
    with pytest.raises(review.ReviewRefused, match="Technician Test dismissed this film on"):
        review.sign_off(**words, finding="normal", shown=shown)


def test_a_film_of_another_study_than_shown_is_not_signed(scan: Scan, cast: Cast) -> None:
    shown = Shown(study=scan.public_id, review=None)
    with pytest.raises(review.ReviewRefused, match="moved to another patient"):
        review.sign_off(
            scan=scan,
            prediction=scan.predictions.get(),
            doctor=cast.doctor,
            decision=Decision.AGREE,
            shown=shown,
        )


def test_the_signature_keeps_name_and_licence_of_its_day(scan: Scan, cast: Cast) -> None:
    signed = sign(scan, cast.doctor)
    assert (signed.signed_by, signed.licence) == ("Doctor Test", "A-1")
    type(cast.doctor).objects.filter(pk=cast.doctor.pk).update(last_name="Newname", licence_number="Z-9")
    again = Review.objects.get(pk=signed.pk)
    assert (again.signed_name, again.signed_licence) == ("Doctor Test", "A-1")
    assert again.signed_by == "Doctor Test (now Doctor Newname)"
    assert again.licence == "A-1 (now Z-9)"
