"""A refused or failed film says why, and what can be done about it."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import Scan, ScanStatus
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of, text_of
from tests.films import analysed_scan, queued_scan


def test_a_refused_film_says_why_and_offers_no_retry(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.REFUSED, reason="This is a hand.")
    page = page_of(doctor, scan)
    assert "This is a hand." in page
    assert "Try again" not in page


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


def test_asking_again_for_a_refused_film_says_what_to_do(doctor: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.REFUSED, reason="This is a hand.")
    assert "send another one" in text_of(doctor.post(f"/scans/{scan.public_id}/retry/", follow=True))


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
