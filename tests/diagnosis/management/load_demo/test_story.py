"""What a portal without films tells, with the network that ships."""

from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import AuditEvent
from diagnosis.cnn.bundle import find_bundle
from diagnosis.models import Decision, Patient, Review, Scan, ScanStatus, Study, StudyState
from diagnosis.services import analysis, registry
from tests.diagnosis.management.load_demo.loading import load


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The story, after the worker has read what still waited."""
    monkeypatch.setattr(registry, "shipped_bundle", lambda: find_bundle("carina-cxr-3"))
    load()
    for scan in Scan.objects.filter(status=ScanStatus.QUEUED):
        analysis.analyse(scan_id=scan.pk)


@pytest.mark.slow
def test_it_tells_a_story_of_three_weeks_that_the_record_vouches_for(told: None) -> None:
    assert Counter(Study.objects.values_list("clinic__name", flat=True)) == {
        "Riverside Hospital": 14,
        "Hillview Clinic": 4,
    }
    now = timezone.now()
    assert Study.objects.filter(created_at__lt=now - timedelta(days=19)).count() == 1
    assert Study.objects.filter(created_at__gt=now - timedelta(hours=4)).count() == 11
    assert sum(patient.studies.count() > 1 for patient in Patient.objects.all()) == 3
    states = Counter(Study.objects.values_list("state", flat=True))
    assert states == {StudyState.REVIEWED: 6, StudyState.TO_REVIEW: 11, StudyState.PROBLEM: 1}
    half = Study.objects.get(films_counted=3)
    assert (half.films_read, half.state) == (1, StudyState.TO_REVIEW)
    assert Study.objects.get(urgent=True).network_triage == "pathological"
    assert Study.objects.filter(state=StudyState.TO_REVIEW, network_triage="unsure").exists()
    assert Scan.objects.get(status=ScanStatus.REFUSED).is_phantom
    amended = Review.objects.filter(scan__study__patient__last_name="Okafor").order_by("id")
    assert [review.finding for review in amended] == ["pneumonia", "covid19"]
    assert Review.objects.filter(decision=Decision.REJECT).count() == 1
    for review in Review.objects.select_related("scan__study", "prediction"):
        assert review.prediction is not None
        assert review.scan.study.created_at < review.prediction.created_at < review.signed_at < now
    call_command("verify_audit_trail", stdout=StringIO())  # raises where a row is not what an event stored
    events = AuditEvent.objects.count()
    load()
    assert AuditEvent.objects.count() == events
