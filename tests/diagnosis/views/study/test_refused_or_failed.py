"""A refused or failed film says why, and what can be done about it."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import ModelVersion, Scan, ScanStatus
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of, text_of
from tests.films import analysed_scan, model_version, promoted, queued_scan

AGAIN = "Analyse again"


def refused(cast: Cast, network: ModelVersion | None = None) -> Scan:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    why = {
        "reason": "This is a hand.",
        "refused_by": network or model_version(),
        "finished_at": timezone.now(),
    }
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.REFUSED, **why)
    scan.refresh_from_db()
    return scan


def test_a_refused_film_says_why_and_a_doctor_may_ask_again(
    doctor: Client, technician: Client, cast: Cast
) -> None:
    scan = refused(cast)
    assert "This is a hand." in page_of(technician, scan)
    assert AGAIN not in page_of(technician, scan), "the same network would only refuse it again"
    assert AGAIN in page_of(doctor, scan)
    assert "back in the queue" in text_of(doctor.post(f"/scans/{scan.public_id}/retry/", follow=True))
    scan.refresh_from_db()
    assert (scan.status, scan.reason) == (ScanStatus.QUEUED, "")


def test_once_another_network_is_active_anybody_may_ask_it(technician: Client, cast: Cast) -> None:
    scan = refused(cast, model_version("1.0.0"))
    promoted("2.0.0")
    assert AGAIN in page_of(technician, scan)
    technician.post(f"/scans/{scan.public_id}/retry/")
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED


@pytest.mark.parametrize("status", [ScanStatus.REFUSED, ScanStatus.FAILED, ScanStatus.QUEUED])
def test_what_doctors_signed_stays_to_be_read(doctor: Client, cast: Cast, status: str) -> None:
    """A newer network may refuse a film that an older one had read."""
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sent = {"prediction": str(scan.predictions.get().public_id), "decision": "agree", "note": "Old scar"}
    doctor.post(f"/scans/{scan.public_id}/review/", sent)
    Scan.objects.filter(pk=scan.pk).update(status=status, reason="No chest.")
    page = page_of(doctor, scan)
    assert "Old scar" in page
    assert "Earlier results of this film (1)" in page


def test_asking_the_same_network_again_says_what_to_do(technician: Client, cast: Cast) -> None:
    scan = refused(cast)
    answer = text_of(technician.post(f"/scans/{scan.public_id}/retry/", follow=True))
    assert "has refused this film already. A doctor can ask it again" in answer
    scan.refresh_from_db()
    assert scan.status == ScanStatus.REFUSED


def test_a_failed_film_is_put_back_by_a_button(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(
        status=ScanStatus.FAILED, reason="The disk is full.", finished_at=timezone.now()
    )
    assert "Try again" in page_of(doctor, scan)
    response = doctor.post(f"/scans/{scan.public_id}/retry/", follow=True)
    scan.refresh_from_db()
    assert scan.status == ScanStatus.QUEUED
    assert "back in the queue" in text_of(response)
    assert AuditEvent.objects.filter(action="scan.retried").exists()
