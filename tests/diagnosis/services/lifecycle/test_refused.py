"""Who may send a refused or failed film to the network again, and that only what was seen is retried."""

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import ModelVersion, Scan, ScanStatus
from diagnosis.services import faults, lifecycle
from tests.conftest import Cast
from tests.films import model_version, promoted, queued_scan


def ended(cast: Cast, status: str, network: ModelVersion | None = None) -> Scan:
    scan = queued_scan(cast.clinic_a, cast.technician)
    Scan.objects.filter(pk=scan.pk).update(
        status=status, reason_code="x", reason="Of Ada.png", refused_by=network, finished_at=timezone.now()
    )
    scan.refresh_from_db()
    return scan


def test_a_refusal_remembers_the_network_that_was_active_at_the_claim(cast: Cast) -> None:
    first = model_version("1.0.0")
    scan = queued_scan(cast.clinic_a, cast.technician)
    held = lifecycle.claim(scan_id=scan.pk)
    assert held is not None
    promoted("2.0.0")
    lifecycle.end(held, faults.Fault(ScanStatus.REFUSED, "no_chest", "No chest."))
    scan.refresh_from_db()
    assert scan.refused_by == first
    assert AuditEvent.objects.get(action="scan.refused").facts["model"] == str(first)


def test_a_failure_remembers_none(cast: Cast) -> None:
    model_version()
    scan = queued_scan(cast.clinic_a, cast.technician)
    held = lifecycle.claim(scan_id=scan.pk)
    assert held is not None
    lifecycle.end(held, faults.Fault(ScanStatus.FAILED, "disk_full", "Full."))
    scan.refresh_from_db()
    assert scan.refused_by is None


@pytest.mark.parametrize(
    ("who", "same_network", "newer_network"),
    [("doctor", True, True), ("technician", False, True), ("administrator", False, True)],
)
def test_a_doctor_may_always_ask_again_the_others_only_another_network(
    cast: Cast, who: str, same_network: bool, newer_network: bool
) -> None:
    network, person = model_version("1.0.0"), getattr(cast, who)
    scan = ended(cast, ScanStatus.REFUSED, network)
    assert lifecycle.may_be_tried_again(scan, network, person) == same_network
    assert lifecycle.may_be_tried_again(scan, promoted("2.0.0"), person) == newer_network
    assert lifecycle.retry(scan=scan, actor=person) == newer_network


def test_without_an_active_network_only_a_doctor_asks_again(cast: Cast) -> None:
    scan = ended(cast, ScanStatus.REFUSED, model_version(active=None))
    assert not lifecycle.may_be_tried_again(scan, None, cast.technician)


@pytest.mark.parametrize("status", [ScanStatus.QUEUED, ScanStatus.ANALYSING, ScanStatus.ANALYSED])
def test_what_did_not_end_badly_is_not_retried(cast: Cast, status: str) -> None:
    assert not lifecycle.retry(scan=ended(cast, status), actor=cast.doctor)


def test_a_retry_is_of_the_failure_that_was_seen(cast: Cast) -> None:
    seen = ended(cast, ScanStatus.FAILED)
    Scan.objects.filter(pk=seen.pk).update(reason_code="other", finished_at=timezone.now())
    assert not lifecycle.retry(scan=seen, actor=cast.doctor), "it has failed again meanwhile"
    seen.refresh_from_db()
    assert seen.status == ScanStatus.FAILED


def test_the_record_of_a_refusal_tried_again_holds_no_file_name(cast: Cast) -> None:
    scan = ended(cast, ScanStatus.REFUSED, model_version())
    assert lifecycle.retry(scan=scan, actor=cast.doctor)
    facts = AuditEvent.objects.get(action="scan.retried").facts
    assert facts["code"] == "x"
    assert "Ada" not in str(facts)


def test_a_new_try_forgets_who_refused(cast: Cast) -> None:
    scan = ended(cast, ScanStatus.REFUSED, model_version())
    lifecycle.retry(scan=scan, actor=cast.doctor)
    scan.refresh_from_db()
    assert scan.refused_by is None
