"""A step is taken from the state that was seen: whoever comes late changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import Scan, ScanStatus
from diagnosis.services import lifecycle

LATER = timezone.now() + timedelta(minutes=1)


def values(scan: Scan) -> Any:
    return Scan.objects.filter(pk=scan.pk).values().get()


@pytest.mark.parametrize(
    "since", [{"status": ScanStatus.ANALYSED}, {"attempts": 2}, {"claimed_at": LATER}, {"enqueued_at": LATER}]
)
@pytest.mark.parametrize("attempts", [1, 5])
def test_a_scan_that_moved_on_after_a_sweep_saw_it_is_left_as_it_is(
    scan: Scan, since: dict[str, Any], attempts: int
) -> None:
    assert lifecycle.claim(scan_id=scan.pk)
    Scan.objects.filter(pk=scan.pk).update(attempts=attempts)  # the fifth was the last: it is given up
    seen = Scan.objects.get(pk=scan.pk)
    Scan.objects.filter(pk=scan.pk).update(**since)
    before = values(scan)
    assert lifecycle.put_back(seen) is False
    assert values(scan) == before
    assert not AuditEvent.objects.filter(actor="sweeper").exists()


@pytest.mark.parametrize("since", [{"status": ScanStatus.QUEUED}, {"attempts": 2}, {"claimed_at": LATER}])
def test_a_claim_is_lost_with_whatever_changed_since(scan: Scan, since: dict[str, Any]) -> None:
    held = lifecycle.claim(scan_id=scan.pk)
    assert held is not None
    Scan.objects.filter(pk=scan.pk).update(**since)
    before = values(scan)
    assert lifecycle.finish(held, ScanStatus.ANALYSED) is False
    assert values(scan) == before
