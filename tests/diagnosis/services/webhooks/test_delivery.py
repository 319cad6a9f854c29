"""Messages arrive signed, once, with neither name nor finding; what fails is tried again, then given up."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent
from diagnosis.models import Scan, Study, Webhook, WebhookDelivery, WebhookState
from diagnosis.services import webhooks
from diagnosis.services.webhooks import courier, posting, signing
from tests.conftest import Cast
from tests.diagnosis.services.webhooks.conftest import Hook, Receiver, hooked
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db
Check = Callable[[str, bytes, str], bool]


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


@pytest.fixture
def is_genuine() -> Check:
    """What the manual tells a receiver to do."""
    manual = Path(project.BASE_DIR, "docs", "operating.md").read_text()
    section = manual[manual.index("## Webhooks") :]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found[1], names)
    check: Check = names["is_genuine"]
    return check


def told(scan: Scan, hook: Hook) -> WebhookDelivery:
    webhooks.queue("question", study=scan.study, about="q-1")
    webhooks.deliver_due(seconds=20)
    return hook.told


def test_the_receiver_of_the_manual_believes_a_message_and_no_other(
    scan: Scan, hook: Hook, receiver: Receiver, is_genuine: Check
) -> None:
    row = told(scan, hook)
    assert (row.state, row.status, row.attempts) == (WebhookState.DELIVERED, 204, 1)
    ((headers, body),) = receiver.messages
    signed = headers[signing.HEADER]
    assert is_genuine(signed, body, hook.secret)
    assert not is_genuine(signed, body + b" ", hook.secret)
    assert not is_genuine(signed, body, signing.new_secret())
    assert not is_genuine("nonsense", body, hook.secret)
    late = signing.signature([hook.secret], body, timezone.now() - timedelta(minutes=6))
    assert not is_genuine(late, body, hook.secret)


def test_a_message_names_kind_and_study_and_nobody(
    scan: Scan, hook: Hook, receiver: Receiver, settings: SettingsWrapper
) -> None:
    settings.PUBLIC_ADDRESS = "https://carina.example"
    row = told(scan, hook)
    study = str(scan.study.public_id)
    assert receiver.said == [
        {
            "id": str(row.public_id), "kind": "question", "at": row.made_at.isoformat(), "study": study,
            "link": f"https://carina.example/studies/{study}/", "about": "q-1",
        }
    ]  # fmt: skip


def test_while_a_secret_is_renewed_both_sign(
    cast: Cast, scan: Scan, hook: Hook, receiver: Receiver, is_genuine: Check
) -> None:
    new = webhooks.renew_secret(webhook=hook.row, by=cast.administrator)
    told(scan, hook)
    headers, body = receiver.messages[0]
    assert [is_genuine(headers[signing.HEADER], body, key) for key in (new, hook.secret)] == [True, True]
    hook.row.refresh_from_db()
    assert hook.row.former_until is not None
    assert signing.secrets_of(hook.row, hook.row.former_until - timedelta(seconds=1)) == [new, hook.secret]
    assert signing.secrets_of(hook.row, hook.row.former_until) == [new]


def test_a_secret_that_somebody_else_knows_ends_at_once(cast: Cast, hook: Hook) -> None:
    new = webhooks.renew_secret(webhook=hook.row, by=cast.administrator, at_once=True)
    hook.row.refresh_from_db()
    assert signing.secrets_of(hook.row, timezone.now()) == [new]


def test_secrets_are_sealed_and_open_under_no_other_key(
    scan: Scan, hook: Hook, receiver: Receiver, settings: SettingsWrapper
) -> None:
    assert hook.secret not in str(Webhook.objects.values().get())
    settings.SECRET_KEY = "another"
    row = told(scan, hook)
    assert (row.state, receiver.messages) == (WebhookState.WAITING, [])
    assert "renew it" in row.words


def test_what_fails_is_tried_after_longer_and_longer_pauses_then_given_up(
    cast: Cast, scan: Scan, hook: Hook, receiver: Receiver
) -> None:
    receiver.status, receiver.answer = 500, b"broken\x00" + b"x" * 1000
    webhooks.queue("overdue", study=scan.study)
    pauses = []
    for _ in courier.PAUSES:
        assert webhooks.deliver_due(seconds=20) == 1
        assert webhooks.deliver_due(seconds=20) == 0, "not before its time"
        pauses.append(round((hook.told.next_try_at - timezone.now()).total_seconds() / 60))
        WebhookDelivery.objects.update(next_try_at=timezone.now())
    assert pauses == [1, 5, 30, 120, 720]
    webhooks.deliver_due(seconds=20)
    row = hook.told
    assert (row.state, row.attempts, row.status, len(row.words)) == (WebhookState.GIVEN_UP, 6, 500, 200)
    assert row.words.startswith("broken x")
    assert webhooks.deliver_due(seconds=20) == 0
    event = AuditEvent.objects.get(action="webhook.given_up")
    assert "secret-in-the-address" not in str(event.facts)
    receiver.status = 200
    assert webhooks.retry(delivery=row, by=cast.administrator)
    webhooks.deliver_due(seconds=20)
    assert hook.told.state == WebhookState.DELIVERED
    assert len({message["id"] for message in receiver.said}) == 1, "one id in every try"


def test_nothing_is_told_twice(scan: Scan, hook: Hook, receiver: Receiver) -> None:
    for about in ("", "", "film-1", "film-1"):
        webhooks.queue("film_refused", study=scan.study, about=about, why="lateral")
    webhooks.deliver_due(seconds=20)
    webhooks.queue("film_refused", study=scan.study, about="film-1", why="lateral")
    webhooks.deliver_due(seconds=20)
    assert [message.get("about") for message in receiver.said] == [None, "film-1"]
    assert {message["why"] for message in receiver.said} == {"lateral"}


def test_a_redirect_is_not_followed(
    scan: Scan, hook: Hook, receiver: Receiver, start_receiver: Callable[[], Receiver]
) -> None:
    elsewhere = start_receiver()
    receiver.status, receiver.headers = 307, {"Location": elsewhere.address}
    row = told(scan, hook)
    assert (row.state, row.status, elsewhere.messages) == (WebhookState.WAITING, 307, [])
    assert row.words.startswith("Redirects are not followed.")


def test_a_receiver_that_drips_its_answer_is_hung_up_on(
    scan: Scan, hook: Hook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.5)
    receiver.drips = True
    row = told(scan, hook)
    assert (row.state, row.status) == (WebhookState.WAITING, None)
    assert receiver.ended.wait(10)


def test_a_failing_receiver_holds_up_no_other(
    cast: Cast, scan: Scan, receiver: Receiver, start_receiver: Callable[[], Receiver]
) -> None:
    other = start_receiver()
    failing, well = hooked(cast, receiver), hooked(cast, other)
    receiver.status = 503
    for number in range(3):
        webhooks.queue("question", study=scan.study, about=str(number))
    assert webhooks.deliver_due(seconds=20) == 4
    assert (len(receiver.messages), len(other.messages)) == (1, 3)
    assert failing.row.deliveries.filter(attempts=0).count() == 2
    assert set(well.row.deliveries.values_list("state", flat=True)) == {WebhookState.DELIVERED}


def test_what_a_killed_courier_held_is_sent_again(scan: Scan, hook: Hook, receiver: Receiver) -> None:
    webhooks.queue("overdue", study=scan.study)
    assert courier._claim_next(()) is not None
    assert (webhooks.put_back_stopped(), webhooks.deliver_due(seconds=20)) == (0, 0)
    WebhookDelivery.objects.update(claimed_at=timezone.now() - 2 * courier.STOPPED_AFTER)
    assert (webhooks.put_back_stopped(), webhooks.deliver_due(seconds=20)) == (1, 1)
    assert len(receiver.messages) == 1


def test_a_webhook_that_is_switched_off_is_told_nothing_of_that_time(
    cast: Cast, scan: Scan, hook: Hook, receiver: Receiver
) -> None:
    webhooks.queue("overdue", study=scan.study)
    webhooks.switch(webhook=hook.row, on=False, by=cast.administrator)
    webhooks.queue("question", study=scan.study)
    webhooks.switch(webhook=hook.row, on=True, by=cast.administrator)
    webhooks.deliver_due(seconds=20)
    assert (hook.told.state, hook.told.words) == (WebhookState.GIVEN_UP, "The webhook was switched off.")
    assert receiver.messages == []


@pytest.mark.parametrize("on_again", [False, True])
@pytest.mark.parametrize("killed", [False, True])
def test_a_try_that_fails_after_its_webhook_was_switched_off_is_the_last(
    cast: Cast, scan: Scan, hook: Hook, receiver: Receiver, on_again: bool, killed: bool
) -> None:
    receiver.status = 500
    webhooks.queue("overdue", study=scan.study)
    row = courier._claim_next(())
    assert row is not None
    webhooks.switch(webhook=hook.row, on=False, by=cast.administrator)
    if on_again:
        webhooks.switch(webhook=hook.row, on=True, by=cast.administrator)
    if killed:
        WebhookDelivery.objects.update(claimed_at=timezone.now() - 2 * courier.STOPPED_AFTER)
        assert webhooks.put_back_stopped() == 0
    else:
        assert not courier._deliver(row)
    assert (hook.told.state, hook.told.words) == (WebhookState.GIVEN_UP, courier.SWITCHED_OFF)
    assert hook.told.finished_at is not None
    assert not AuditEvent.objects.filter(action="webhook.given_up").exists()
    hook.row.refresh_from_db()
    webhooks.switch(webhook=hook.row, on=True, by=cast.administrator)
    assert webhooks.deliver_due(seconds=20) == 0
    receiver.status = 204
    assert webhooks.retry(delivery=hook.told, by=cast.administrator)
    webhooks.deliver_due(seconds=20)
    assert (hook.told.state, hook.told.words) == (WebhookState.DELIVERED, "")


def test_a_message_taken_after_its_webhook_was_switched_off_is_delivered(
    cast: Cast, scan: Scan, hook: Hook
) -> None:
    webhooks.queue("overdue", study=scan.study)
    row = courier._claim_next(())
    assert row is not None
    webhooks.switch(webhook=hook.row, on=False, by=cast.administrator)
    assert courier._deliver(row)
    assert hook.told.state == WebhookState.DELIVERED


def test_switching_on_sends_nothing_that_waited_from_before(
    cast: Cast, scan: Scan, hook: Hook, receiver: Receiver
) -> None:
    webhooks.switch(webhook=hook.row, on=False, by=cast.administrator)
    WebhookDelivery.objects.create(webhook=hook.row, kind="overdue", study=scan.study.public_id)
    webhooks.switch(webhook=hook.row, on=True, by=cast.administrator)
    assert webhooks.deliver_due(seconds=20) == 0
    assert (hook.told.state, receiver.messages) == (WebhookState.GIVEN_UP, [])


def test_a_clinic_is_not_told_of_anothers_studies(cast: Cast, hook: Hook) -> None:
    theirs: Study = analysed_scan(cast.clinic_b, cast.stranger).study
    webhooks.queue("question", study=theirs)
    assert not WebhookDelivery.objects.exists()
