"""At most one network answers, and it takes the place of the one before."""

import threading
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import AuditEvent
from diagnosis.cnn.bundle import Bundle
from diagnosis.models import ModelVersion, Study
from diagnosis.services import registry, worklist
from tests.conftest import Cast
from tests.diagnosis.bundles import light
from tests.diagnosis.services.record import actions
from tests.films import analysed_scan, predict


def test_a_network_of_two_classes_is_registered_and_promoted(cast: Cast, pneumonia_or_normal: Bundle) -> None:
    model_version = registry.register(bundle_path=pneumonia_or_normal.path, actor=cast.operator)
    assert registry.promote(model_version=model_version, actor=cast.operator).active
    assert registry.load(model_version).findings == ("pneumonia", "normal")


def test_a_promoted_network_takes_the_place_of_the_one_before(cast: Cast, tmp_path: Path) -> None:
    old = registry.register(bundle_path=light(tmp_path / "old").path, actor="test")
    new = registry.register(bundle_path=light(tmp_path / "new", version="2").path, actor="test")
    registry.promote(model_version=old, actor=cast.operator)
    registry.promote(model_version=new, actor=cast.operator)
    registry.promote(model_version=new, actor=cast.operator)  # a button pressed twice
    assert registry.active_model() == new
    new.refresh_from_db()
    assert new.promoted_by == cast.operator
    events = AuditEvent.objects.filter(action="model.promoted")
    assert [event.facts["replaced"] for event in events] == ["", "light 1.0.0"]


def test_a_rollback_puts_the_earlier_results_back_into_the_worklist(cast: Cast, tmp_path: Path) -> None:
    for version in ("1.0.0", "2.0.0"):
        registry.register(bundle_path=light(tmp_path / version, version=version).path, actor="test")
    ModelVersion.objects.update(name="test-network")  # the one whose predictions `predict` writes
    old, new = ModelVersion.objects.order_by("version")
    registry.promote(model_version=old, actor="test")
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    registry.promote(model_version=new, actor="test", reason="measured elsewhere")
    predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    assert Study.objects.get().network_finding == "normal"
    registry.promote(model_version=old, actor="test", reason="the new one is worse")
    study = Study.objects.get()
    assert (study.network_finding, study.rank) == ("pneumonia", worklist.RANK_PATHOLOGICAL)


@pytest.mark.django_db(transaction=True)
def test_of_many_promotions_at_once_one_network_is_active(tmp_path: Path) -> None:
    versions = [
        registry.register(bundle_path=light(tmp_path / f"{n}", version=f"{n}").path, actor="test")
        for n in range(4)
    ]
    start, errors = threading.Barrier(len(versions)), []

    def promote(model_version: ModelVersion) -> None:
        try:
            start.wait(timeout=10)
            registry.promote(model_version=model_version, actor="test")
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=promote, args=(each,)) for each in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert ModelVersion.objects.filter(active=True).count() == 1
    assert actions().count("model.promoted") == 4
