"""A refused or failed film keeps its study in sight until somebody says that it needs nothing more."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from diagnosis.models import Scan, ScanStatus, StudyState
from diagnosis.services import lifecycle, review, worklist
from tests.conftest import Cast
from tests.films import analysed_scan, queued_scan


def ended_badly(cast: Cast, status: str = ScanStatus.REFUSED) -> Scan:
    scan = queued_scan(cast.clinic_a, cast.technician)
    Scan.objects.filter(pk=scan.pk).update(status=status, reason_code="x", reason="Not a chest film.")
    scan.refresh_from_db()
    worklist.refresh(scan.study)
    return scan


def beside_a_good_film(cast: Cast) -> tuple[Scan, Scan]:
    bad, good = ended_badly(cast), analysed_scan(cast.clinic_a, cast.technician, seed=1)
    Scan.objects.filter(pk=good.pk).update(study=bad.study)
    good.refresh_from_db()
    worklist.refresh(bad.study)
    return bad, good


def test_a_signature_on_the_good_film_does_not_hide_the_refused_one(cast: Cast) -> None:
    bad, good = beside_a_good_film(cast)
    review.sign_off(scan=good, prediction=good.predictions.get(), doctor=cast.doctor, decision="agree")
    bad.study.refresh_from_db()
    assert bad.study.state == StudyState.PROBLEM
    assert lifecycle.set_aside(scan=bad, actor=cast.technician)
    bad.study.refresh_from_db()
    assert bad.study.state == StudyState.REVIEWED


@pytest.mark.parametrize("status", [ScanStatus.QUEUED, ScanStatus.ANALYSING])
def test_only_what_has_ended_is_set_aside(cast: Cast, status: str) -> None:
    assert not lifecycle.set_aside(scan=ended_badly(cast, status), actor=cast.doctor)
    assert not AuditEvent.objects.filter(action="scan.set_aside").exists()


def test_it_is_done_once_and_on_record(cast: Cast) -> None:
    scan = ended_badly(cast)
    assert lifecycle.set_aside(scan=scan, actor=cast.technician)
    assert not lifecycle.set_aside(scan=scan, actor=cast.doctor)
    assert AuditEvent.objects.get(action="scan.set_aside").actor == cast.technician.email


def test_a_new_try_brings_the_film_back_into_sight(cast: Cast) -> None:
    scan = ended_badly(cast, ScanStatus.FAILED)
    lifecycle.set_aside(scan=scan, actor=cast.doctor)
    scan.refresh_from_db()
    assert lifecycle.retry(scan=scan, actor=cast.doctor)
    scan.refresh_from_db()
    assert scan.set_aside_at is None
    assert scan.study.state == StudyState.WAITING


def test_the_page_offers_it_and_then_says_who_did_it(cast: Cast, client: Client) -> None:
    scan = ended_badly(cast)
    client.force_login(cast.technician, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = reverse("study_detail", args=[scan.study.public_id])
    address = reverse("scan_set_aside", args=[scan.public_id])
    assert address in client.get(page).content.decode()
    client.post(address)
    again = client.get(page).content.decode()
    assert address not in again
    assert f"Dismissed by {cast.technician}" in again
