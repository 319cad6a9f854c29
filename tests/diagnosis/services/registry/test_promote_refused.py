"""A network that is damaged, hollow or another one is never promoted."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from diagnosis.cnn.bundle import BundleCorrupt, load_bundle, write_bundle
from diagnosis.services import registry
from tests.diagnosis.bundles import light, shipped


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
