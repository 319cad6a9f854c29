"""A network is entered once, copied whole, and at most one answers."""

import shutil
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent
from diagnosis.cnn.bundle import Bundle, BundleCorrupt, load_bundle, write_bundle
from diagnosis.models import ModelVersion, Study
from diagnosis.services import registry, worklist
from tests.conftest import Cast
from tests.diagnosis.bundles import light, shipped
from tests.films import analysed_scan, predict


def actions() -> list[str]:
    return list(AuditEvent.objects.values_list("action", flat=True))


def test_a_registered_network_outlives_the_folder_it_came_from(cast: Cast, tmp_path: Path) -> None:
    bundle = light(tmp_path / "bundle")
    model_version = registry.register(bundle_path=bundle.path, actor=cast.operator)
    shutil.rmtree(bundle.path)
    assert registry.load(model_version).checksum == bundle.checksum
    assert model_version.active is None
    assert actions() == ["model.registered"]


def test_a_network_of_two_classes_is_registered_and_promoted(cast: Cast, pneumonia_or_normal: Bundle) -> None:
    model_version = registry.register(bundle_path=pneumonia_or_normal.path, actor=cast.operator)
    assert registry.promote(model_version=model_version, actor=cast.operator).active
    assert registry.load(model_version).findings == ("pneumonia", "normal")


def test_the_thresholds_of_the_card_become_rows_that_say_what_they_were_measured_on(
    db: None, tmp_path: Path
) -> None:
    model_version = registry.register(bundle_path=light(tmp_path / "bundle").path, actor="test")
    points = {point.name: point for point in model_version.operating_points.all()}
    expected = shipped().operating_points
    assert {name: point.threshold for name, point in points.items()} == {
        name: point.threshold for name, point in expected.items()
    }
    films = expected["sensitivity_95"].n
    assert points["sensitivity_95"].measured_on == f"{films} films of the validation split"


def test_the_same_bundle_twice_is_one_row_and_one_event(db: None, tmp_path: Path) -> None:
    bundle = light(tmp_path / "bundle")
    first = registry.register(bundle_path=bundle.path, actor="test")
    again = shutil.copytree(bundle.path, tmp_path / "elsewhere")
    assert registry.register(bundle_path=again, actor="test") == first
    assert actions() == ["model.registered"]


def test_a_damaged_bundle_is_not_registered(db: None, tmp_path: Path, settings: SettingsWrapper) -> None:
    bundle = light(tmp_path / "bundle")
    (bundle.path / "model.keras").write_bytes(b"y")
    with pytest.raises(BundleCorrupt, match=r"model\.keras was changed"):
        registry.register(bundle_path=bundle.path, actor="test")
    assert not ModelVersion.objects.exists()
    assert not list(settings.DATA_DIR.rglob("model.keras"))


def test_other_contents_under_a_name_and_version_that_is_taken_are_refused(db: None, tmp_path: Path) -> None:
    registry.register(bundle_path=light(tmp_path / "one").path, actor="test")
    with pytest.raises(registry.NameTaken, match="give the new one a different version"):
        registry.register(bundle_path=light(tmp_path / "two", content=b"y").path, actor="test")
    assert ModelVersion.objects.count() == 1


def test_registering_again_mends_a_damaged_copy(db: None, tmp_path: Path) -> None:
    bundle = light(tmp_path / "bundle")
    model_version = registry.register(bundle_path=bundle.path, actor="test")
    (registry.folder_of(model_version) / "model.tflite").unlink()
    registry.register(bundle_path=bundle.path, actor="test")
    assert registry.load(model_version).checksum == bundle.checksum


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
    registry.promote(model_version=new, actor="test")
    predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    assert Study.objects.get().network_finding == "normal"
    registry.promote(model_version=old, actor="test")
    study = Study.objects.get()
    assert (study.network_finding, study.rank) == ("pneumonia", worklist.RANK_PATHOLOGICAL)


def test_a_damaged_network_is_never_promoted_and_the_one_before_goes_on(db: None, tmp_path: Path) -> None:
    good = registry.register(bundle_path=light(tmp_path / "good").path, actor="test")
    registry.promote(model_version=good, actor="test")
    bad = registry.register(bundle_path=light(tmp_path / "bad", version="2").path, actor="test")
    (registry.folder_of(bad) / "card.json").write_text("{}")
    with pytest.raises(BundleCorrupt):
        registry.promote(model_version=bad, actor="test")
    assert registry.active_model() == good


def test_a_network_that_cannot_answer_is_never_promoted(db: None, tmp_path: Path) -> None:
    def build(target: Path) -> dict[str, Any]:
        for file in ("model.keras", "model.tflite", "lungs.tflite", "reference.npz"):
            (target / file).write_bytes(b"no network")
        return shipped().card | {"name": "hollow"}

    hollow = write_bundle(tmp_path / "hollow", build=build)
    model_version = registry.register(bundle_path=hollow.path, actor="test")
    with pytest.raises(BundleCorrupt, match="cannot be loaded"):
        registry.promote(model_version=model_version, actor="test")
    assert registry.active_model() is None


def test_a_whole_bundle_in_the_place_of_another_is_not_promoted(db: None, tmp_path: Path) -> None:
    model_version = registry.register(bundle_path=light(tmp_path / "one").path, actor="test")
    other = light(tmp_path / "two", content=b"y")
    shutil.rmtree(registry.folder_of(model_version))
    shutil.copytree(other.path, registry.folder_of(model_version))
    assert load_bundle(registry.folder_of(model_version)), "whole in itself"
    with pytest.raises(BundleCorrupt, match="not the files"):
        registry.promote(model_version=model_version, actor="test")


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


def test_the_commands_register_and_promote(db: None, tmp_path: Path) -> None:
    out = StringIO()
    call_command("register_model", str(light(tmp_path / "one").path), "--promote", stdout=out)
    assert out.getvalue().startswith("light 1.0.0: active")
    call_command("register_model", str(light(tmp_path / "two", version="2").path), stdout=out)
    call_command("promote_model", "light", "2", stdout=out)
    assert str(registry.active_model()) == "light 2"
    with pytest.raises(CommandError, match=r"not registered\. Registered are: light 2, light 1\.0\.0"):
        call_command("promote_model", "light", "3")
    with pytest.raises(CommandError, match="no such bundle"):
        call_command("register_model", "nowhere")


def test_a_start_script_does_not_undo_an_operators_choice(db: None, tmp_path: Path) -> None:
    shipped, chosen = light(tmp_path / "one"), light(tmp_path / "two", version="2")
    for _ in range(2):
        call_command("register_model", str(shipped.path), "--promote-if-none", stdout=StringIO())
    assert str(registry.active_model()) == "light 1.0.0"
    call_command("register_model", str(chosen.path), "--promote", stdout=StringIO())
    call_command("register_model", str(shipped.path), "--promote-if-none", stdout=StringIO())
    assert str(registry.active_model()) == "light 2"


def test_the_checks_say_what_is_missing(db: None, tmp_path: Path, settings: SettingsWrapper) -> None:
    def ids() -> list[str]:
        found = run_checks(databases=["default"], tags=["database", "storage", "queue"])
        return sorted(str(message.id) for message in found if str(message.id).startswith("diagnosis."))

    assert ids() == ["diagnosis.W001"]
    model_version = registry.register(bundle_path=light(tmp_path / "one").path, actor="test")
    registry.promote(model_version=model_version, actor="test")
    assert ids() == []
    (registry.folder_of(model_version) / "model.keras").write_bytes(b"")
    assert ids() == ["diagnosis.W002"]
    settings.ANALYSIS_SOFT_SECONDS = settings.ANALYSIS_HARD_SECONDS
    assert ids() == ["diagnosis.E002", "diagnosis.W002"]
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file" / "data"
    assert "diagnosis.E001" in ids()
