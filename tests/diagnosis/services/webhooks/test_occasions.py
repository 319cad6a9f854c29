"""What happens to studies is told: urgent ones that wait, overdue ones, refused films, signed readings."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from diagnosis.models import PendingSignature, Review, Scan, Study, Webhook, WebhookDelivery
from diagnosis.services import faults, lifecycle, overdue, review, studies, webhooks, worklist
from diagnosis.services.review import FilmWord, StudyWords
from tests.conftest import Cast
from tests.diagnosis.services.webhooks.conftest import Hook, Receiver, hooked
from tests.films import analysed_scan, queued_scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(cast: Cast, hook: Hook) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


def told() -> list[tuple[str, str, str]]:
    return list(WebhookDelivery.objects.order_by("id").values_list("kind", "about", "why"))


def words_on(scan: Scan) -> StudyWords:
    result = scan.predictions.get()
    film = FilmWord(scan=scan.public_id, prediction=result.public_id, told=result.told_finding)
    return StudyWords(films=(film,), finding="normal")


def test_an_urgent_study_that_waits_is_told_once(cast: Cast, scan: Scan) -> None:
    assert told() == []
    for urgent in (True, False, True):
        studies.update_study(study=scan.study, actor=cast.doctor, urgent=urgent)
    assert told() == [("urgent_waiting", "", "")]


def test_an_urgent_study_that_opens_again_is_told_again_once(cast: Cast, scan: Scan) -> None:
    studies.update_study(study=scan.study, actor=cast.doctor, urgent=True)
    review.sign_study(study=scan.study, doctor=cast.doctor, words=words_on(scan))
    another = analysed_scan(cast.clinic_a, cast.technician, seed=9)
    Scan.objects.filter(pk=another.pk).update(study=scan.study)
    for _ in range(2):
        worklist.refresh(Study.objects.get(pk=scan.study_id))
    signature = str(Review.objects.get().public_id)
    of_urgent = [about for kind, about, _ in told() if kind == "urgent_waiting"]
    assert of_urgent == ["", signature]


def test_a_refused_film_is_told_with_the_code(cast: Cast, hook: Hook) -> None:
    scan = queued_scan(cast.clinic_a, cast.technician)
    held = lifecycle.claim(scan_id=scan.pk)
    assert held is not None
    lifecycle.end(held, faults.Fault("refused", "lateral", "ada-phantom.png is no frontal film."))
    assert told() == [("film_refused", str(scan.public_id), "lateral")]


def test_an_overdue_study_is_told_once_without_any_rule_of_mails(
    cast: Cast, scan: Scan, receiver: Receiver
) -> None:
    assert overdue.queue_webhooks() == 0
    Webhook.objects.update(made_at=timezone.now() - timedelta(minutes=5))
    Study.objects.update(created_at=timezone.now() - timedelta(minutes=241))
    assert [overdue.queue_webhooks(), overdue.queue_webhooks()] == [1, 0]
    webhooks.deliver_due(seconds=20)
    assert [message["kind"] for message in receiver.said] == ["overdue"]


def test_what_was_overdue_long_before_the_webhook_is_not_told(scan: Scan) -> None:
    Study.objects.update(created_at=timezone.now() - timedelta(days=3))
    assert overdue.queue_webhooks() == 0


def test_a_reading_is_told_when_its_signature_is_final(cast: Cast, scan: Scan) -> None:
    review.press(study=scan.study, doctor=cast.doctor, words=words_on(scan), typed={})
    assert told() == []
    PendingSignature.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    review.finalise_due()
    assert told() == [("reading_signed", str(Review.objects.get().public_id), "")]


def test_only_the_kinds_that_were_chosen_are_told(cast: Cast, receiver: Receiver) -> None:
    hooked(cast, receiver, kinds=["overdue"])
    scan = analysed_scan(cast.clinic_a, cast.technician)
    studies.update_study(study=scan.study, actor=cast.doctor, urgent=True)
    review.sign_study(study=scan.study, doctor=cast.doctor, words=words_on(scan))
    assert told() == []


def test_what_did_not_happen_is_not_told(cast: Cast, scan: Scan) -> None:
    with transaction.atomic():
        review.sign_study(study=scan.study, doctor=cast.doctor, words=words_on(scan))
        transaction.set_rollback(True)
    assert told() == []
    assert Webhook.objects.exists()
