"""A real worker shows every film to the candidate exactly once, although it is killed in between."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import SettingsWrapper

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.models import Patient, Prediction, Scan, ScanStatus, Study
from diagnosis.models.shadow import Outcome, ShadowErrand, ShadowPrediction
from diagnosis.services import analysis, candidates, registry
from diagnosis.services.intake import films
from portal.celery import app
from tests.conftest import Cast
from tests.diagnosis.bundles import another_version
from tests.films import phantom_png
from tests.flows.portal import Portal
from tests.flows.test_kills import until

FILMS, KILLS = 8, 2


@pytest.fixture
def portal(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    portal = Portal(tmp_path)
    monkeypatch.setattr(app.conf, "broker_url", portal.embedded.url)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app, "_pool", None)
    try:
        yield portal
    finally:
        portal.kill_all()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_film_is_shown_to_the_candidate_exactly_once(
    cast: Cast, portal: Portal, tmp_path: Path, settings: SettingsWrapper
) -> None:
    active = registry.register(bundle_path=registry.shipped_bundle(), actor=cast.operator)
    registry.promote(model_version=active, actor=cast.operator)
    second = registry.register(bundle_path=another_version(tmp_path / "b", "9.9.9").path, actor="test")
    candidates.name_candidate(model_version=second, actor=cast.operator)
    portal.start_broker()
    patient = Patient.objects.create(clinic=cast.clinic_a, number="P-1")
    study = Study.objects.create(clinic=cast.clinic_a, patient=patient)
    for seed in range(FILMS):
        film = io.BytesIO(phantom_png(seed))
        films.receive(study=study, film=film, name="f.png", actor=cast.technician, is_phantom=True)
    for scan in Scan.objects.all():
        analysis.analyse(scan_id=scan.pk)
    assert Scan.objects.filter(status=ScanStatus.ANALYSED).count() == FILMS
    before = list(Prediction.objects.values())

    portal.start_beat()
    for kill in range(1, KILLS + 1):
        portal.start_shadow()
        until(lambda kill=kill: ShadowPrediction.objects.count() >= kill, 120, f"{kill} films shown")
        portal.kill("shadow")
        # whoever held one is dead: its errand is as old as one that nobody will finish
        ShadowErrand.objects.update(heard_at=timezone.now() - timedelta(hours=1))
    portal.start_shadow()
    until(lambda: ShadowPrediction.objects.count() == FILMS, 120, "every film shown to the candidate")

    assert set(ShadowPrediction.objects.values_list("outcome", flat=True)) == {Outcome.ANSWERED}
    assert ShadowPrediction.objects.values("scan").distinct().count() == FILMS
    assert AuditEvent.objects.filter(action="model.shadowed").count() == FILMS
    assert list(Prediction.objects.values()) == before
    assert list(audit.verify()) == []
