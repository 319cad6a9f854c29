"""A signature can be taken back for some seconds; then it is final, once, whoever makes it so."""

import threading

import pytest
from django.db import connection

from accounts.models import AuditEvent
from diagnosis.models import PendingSignature, Review, Scan, SignatureState, StudyState
from diagnosis.services import review
from tests.accounts.race import needs_row_locks
from tests.conftest import Cast
from tests.diagnosis.services.review.pressing import press, time_is_over
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.doctor)


def test_until_the_time_is_over_nothing_is_on_record(scan: Scan, cast: Cast) -> None:
    events = AuditEvent.objects.count()
    signature = press(scan.study, cast.doctor)
    assert review.finalise_due() == 0
    scan.study.refresh_from_db()
    assert (Review.objects.count(), AuditEvent.objects.count()) == (0, events)
    assert scan.study.state == StudyState.TO_REVIEW
    assert review.of_doctor(cast.doctor).waiting == [signature]
    assert review.of_doctor(cast.colleague).waiting == []


def test_what_is_due_is_signed_once_with_the_time_of_the_press(scan: Scan, cast: Cast) -> None:
    signature = press(scan.study, cast.doctor, note="seen")
    time_is_over(signature)
    assert (review.finalise_due(), review.finalise_due()) == (1, 0)
    signed = Review.objects.get()
    assert (signed.signed_at, signed.signature) == (signature.pressed_at, signature.public_id)
    assert signed.final_at > signed.signed_at
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.REVIEWED
    with pytest.raises(review.TooLate):
        review.take_back(signature=signature, doctor=cast.doctor)


def test_a_signature_that_was_taken_back_is_never_signed(scan: Scan, cast: Cast) -> None:
    signature = press(scan.study, cast.doctor)
    for _ in range(2):
        review.take_back(signature=signature, doctor=cast.doctor)
    time_is_over(signature)
    review.finalise_due()
    assert not Review.objects.exists()
    again = press(scan.study, cast.doctor, "normal")
    signature.refresh_from_db()
    assert (again.state, signature.dealt_with) == (SignatureState.WAITING, True)


def test_the_time_that_is_over_cannot_be_undone_even_before_a_worker_came(scan: Scan, cast: Cast) -> None:
    signature = press(scan.study, cast.doctor)
    time_is_over(signature)
    with pytest.raises(review.TooLate):
        review.take_back(signature=signature, doctor=cast.doctor)


def test_two_tabs_are_one_signature(scan: Scan, cast: Cast) -> None:
    assert press(scan.study, cast.doctor) == press(scan.study, cast.doctor)
    with pytest.raises(review.AlreadyPressed):
        press(scan.study, cast.doctor, "normal")
    assert PendingSignature.objects.get().words["finding"] == "covid19"


def test_a_colleagues_word_meanwhile_sends_it_back_with_a_notice(scan: Scan, cast: Cast) -> None:
    signature = press(scan.study, cast.doctor)
    prediction = scan.predictions.get()
    review.sign_off(scan=scan, prediction=prediction, doctor=cast.colleague, decision="agree")
    time_is_over(signature)
    review.finalise_due()
    assert Review.objects.get().doctor == cast.colleague
    (back,) = review.of_doctor(cast.doctor).returned
    assert "after you opened this page" in back.told
    assert back.typed == {"note": [""]}
    review.forget_old()
    review.deal_with(signature=back, doctor=cast.colleague)
    assert review.of_doctor(cast.doctor).returned == [back], "it stays until its doctor has dealt with it"
    review.deal_with(signature=back, doctor=cast.doctor)
    assert review.of_doctor(cast.doctor).returned == []


def test_a_doctor_whose_right_ended_meanwhile_signs_nothing(scan: Scan, cast: Cast) -> None:
    time_is_over(press(scan.study, cast.doctor))
    type(cast.doctor).objects.filter(pk=cast.doctor.pk).update(is_active=False)
    review.finalise_due()
    assert not Review.objects.exists()
    assert PendingSignature.objects.get().state == SignatureState.RETURNED


def test_without_seconds_to_undo_it_is_final_at_once(scan: Scan, cast: Cast, settings: object) -> None:
    settings.CARINA_UNDO_SECONDS = 0
    assert press(scan.study, cast.doctor).state == SignatureState.FINAL
    assert Review.objects.count() == 1


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_many_workers_and_an_undo_at_once_end_it_in_one_way(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    signature = press(scan.study, cast.doctor)
    errors, start = [], threading.Barrier(5)

    def each(work: object) -> None:
        try:
            start.wait()
            work()
        except review.TooLate:
            pass
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def undo() -> None:
        review.take_back(signature=signature, doctor=cast.doctor)

    time_is_over(signature)
    works = [review.finalise_due, review.finalise_due, review.finalise_due, undo, undo]
    threads = [threading.Thread(target=each, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Review.objects.count() == 1
    assert PendingSignature.objects.get().state == SignatureState.FINAL
