"""A network is entered once and copied whole."""

import shutil
from pathlib import Path

import pytest
from pytest_django.fixtures import SettingsWrapper

from diagnosis.cnn.bundle import BundleCorrupt
from diagnosis.models import ModelVersion
from diagnosis.services import registry
from tests.conftest import Cast
from tests.diagnosis.bundles import light, shipped
from tests.diagnosis.services.record import actions


def test_a_registered_network_outlives_the_folder_it_came_from(cast: Cast, tmp_path: Path) -> None:
    bundle = light(tmp_path / "bundle")
    model_version = registry.register(bundle_path=bundle.path, actor=cast.operator)
    shutil.rmtree(bundle.path)
    assert registry.load(model_version).checksum == bundle.checksum
    assert model_version.active is None
    assert actions() == ["model.registered"]


def test_the_thresholds_of_the_card_become_rows_that_say_what_they_were_measured_on(
    db: None, tmp_path: Path
) -> None:
    model_version = registry.register(bundle_path=light(tmp_path / "bundle").path, actor="test")
    points = {point.name: point for point in model_version.measured_points.all()}
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
