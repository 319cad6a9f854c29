"""A refused film that is sent again gets another try as soon as another network is active."""

import io

from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.models import Scan, ScanStatus
from diagnosis.services.intake import films
from tests.conftest import Cast
from tests.films import model_version, phantom_png, promoted, queued_scan


def refused(cast: Cast) -> Scan:
    scan = queued_scan(cast.clinic_a, cast.technician, seed=1)
    Scan.objects.filter(pk=scan.pk).update(
        status=ScanStatus.REFUSED, reason="No chest.", refused_by=model_version(), finished_at=timezone.now()
    )
    scan.refresh_from_db()
    return scan


def sent_again(scan: Scan, cast: Cast) -> films.FilmOutcome:
    sent = [(io.BytesIO(phantom_png(1)), "again.png")]
    (outcome,) = films.receive_many(study=scan.study, films=sent, actor=cast.technician)
    scan.refresh_from_db()
    return outcome


def test_the_network_that_refused_it_is_not_asked_twice_and_the_way_is_told(cast: Cast) -> None:
    scan = refused(cast)
    outcome = sent_again(scan, cast)
    assert scan.status == ScanStatus.REFUSED
    assert "A doctor can read it there without the network, or ask it again." in outcome.text


def test_another_network_reads_it(cast: Cast) -> None:
    scan = refused(cast)
    promoted("2.0.0")
    outcome = sent_again(scan, cast)
    assert (scan.status, scan.refused_by) == (ScanStatus.QUEUED, None)
    assert "another network is active now and reads it" in outcome.text
    event = AuditEvent.objects.get(action="scan.retried")
    assert event.actor == cast.technician.email


def test_another_patients_refused_film_is_left_alone(cast: Cast) -> None:
    scan = refused(cast)
    promoted("2.0.0")
    other = queued_scan(cast.clinic_a, cast.technician, number="P-9", seed=9)
    sent = [(io.BytesIO(phantom_png(1)), "again.png")]
    (outcome,) = films.receive_many(study=other.study, films=sent, actor=cast.technician)
    scan.refresh_from_db()
    assert scan.status == ScanStatus.REFUSED
    assert "another patient" in outcome.text
