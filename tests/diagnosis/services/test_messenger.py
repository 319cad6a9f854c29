"""A message names no film, and a broker that is down loses none."""

import base64
import json

import pytest
import redis
from django.db import transaction

from diagnosis import tasks
from diagnosis.models import Scan, ScanStatus
from diagnosis.services import messenger


def test_a_message_says_that_a_scan_waits_and_nothing_of_it(queue: redis.Redis, scan: Scan) -> None:
    messenger.announce()
    (message,) = queue.lrange("analysis", 0, -1)
    assert messenger.waiting() == 1
    assert tasks.analyse_next.name.encode() in message
    assert scan.original_name.encode() not in message
    assert json.loads(base64.b64decode(json.loads(message)["body"]))[:2] == [[], {}]


def test_a_film_that_comes_in_without_a_broker_waits(
    no_broker: None, scan: Scan, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # a fixture without types
        messenger.announce_on_commit([scan.pk])
    with pytest.raises(messenger.BrokerDown):
        messenger.waiting()
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED


@pytest.mark.django_db(transaction=True)
def test_what_goes_wrong_while_announcing_costs_nobody_the_stored_film(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(messenger, "announce", broken)
    with transaction.atomic():
        messenger.announce_on_commit([1])
    assert "boom" in caplog.text
