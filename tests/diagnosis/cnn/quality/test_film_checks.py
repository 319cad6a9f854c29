"""The film checks' network in a classifier: loaded with its bundle, asked before the network, and stored."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagnosis.cnn.bundle import CHECKS, CHECKS_CARD, FILM_CHECKS, BundleCorrupt, write_bundle
from diagnosis.cnn.classifier import Classifier
from diagnosis.cnn.quality import FilmChecks, NotAChestRadiograph
from diagnosis.cnn.quality.film_checks import KINDS
from diagnosis.imaging.radiograph import Radiograph
from tests.diagnosis.cnn.conftest import draw_film

FILM = np.asarray(draw_film("normal", 0, side=300).convert("L"), dtype=np.float32) / np.float32(255)


def film() -> Radiograph:
    return Radiograph(FILM, 300, 300, {"levels": "200"})


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The film checks that ship, in a folder of the test's own."""
    return Path(shutil.copytree(FILM_CHECKS, tmp_path / "own"))


def written(folder: Path, **changes: Any) -> FilmChecks:
    card = folder / CHECKS_CARD
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))
    return FilmChecks(folder / CHECKS, card)


def test_a_look_gives_probabilities(own: Path) -> None:
    look = FilmChecks(own / CHECKS, own / CHECKS_CARD).look(FILM)
    assert set(look.kind) == set(KINDS)
    assert sum(look.kind.values()) == pytest.approx(1, abs=1e-5)
    assert sum(look.turned) == pytest.approx(1, abs=1e-5)
    assert 0 <= look.inverted <= 1
    assert 0 <= look.mirrored <= 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 2}, "format"),
        ({"kinds": ["frontal"]}, "format"),
        ({"graph_sha256": "0" * 64}, "not the graph of its card"),
        ({"limits": dict.fromkeys(("refuse", "correct", "confirm", "suspect", "mirrored", "caution"), 0.2)},
         "0.5 to 1"),
    ],
)  # fmt: skip
def test_a_card_that_does_not_fit_is_told(own: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        written(own, **changes)


def test_other_limits_are_another_checksum(own: Path) -> None:
    before = FilmChecks(own / CHECKS, own / CHECKS_CARD)
    limits = before.limits | {"refuse": 0.95}
    assert written(own, limits=limits).checksum != before.checksum


def checked(shipped: Classifier, own: Path, folder: Path) -> Classifier:
    """The network that ships with film checks beside it; to its gate drawings are known films."""

    def build(target: Path) -> dict[str, Any]:
        for name in ("model.keras", "model.tflite", "lungs.tflite", "reference.npz"):
            (target / name).symlink_to(shipped.bundle.path / name)
        for name in (CHECKS, CHECKS_CARD):
            shutil.copyfile(own / name, target / name)
        gate = shipped.bundle.card["film_gate"] | {"threshold": 1.0, "margin": 1.0}
        return shipped.bundle.card | {"film_gate": gate}

    return Classifier(write_bundle(folder, build=build))


def test_a_classifier_refuses_before_the_network_and_a_person_may_ask_all_the_same(
    shipped: Classifier, own: Path, tmp_path: Path
) -> None:
    classifier = checked(shipped, own, tmp_path / "b")
    noise = np.random.default_rng(0).random((300, 300), dtype=np.float32)
    with pytest.raises(NotAChestRadiograph) as refused:
        classifier.classify(Radiograph(noise, 300, 300, {"levels": "256"}))
    assert refused.value.code in ("not_a_chest_film", "lungs_cut_off", "lateral")
    assert refused.value.confidence is not None
    answer = classifier.classify(Radiograph(noise, 300, 300, {"levels": "256"}), gate=False)
    assert answer.quality["cautions"] == []
    assert len(answer.quality["checks"]) == 64


def test_a_bundle_without_film_checks_tells_what_the_pixels_say(shipped: Classifier) -> None:
    gate = shipped.bundle.card["film_gate"] | {"threshold": 1.0, "margin": 1.0}
    old = Classifier(replace(shipped.bundle, card=shipped.bundle.card | {"film_gate": gate}))
    old._checks = None  # as of a bundle made before
    answer = old.classify(replace(film(), pixels=FILM * np.float32(0.2), facts={"levels": "50"}))
    assert {"too_dark", "too_flat", "few_grey_levels"} <= {one["code"] for one in answer.quality["cautions"]}
    assert answer.quality["checks"] == ""
    assert answer.triage == "unsure"
    assert answer.uncertainty["few_grey_levels"] is True


def test_a_bundle_whose_film_checks_cannot_be_loaded_is_corrupt(
    shipped: Classifier, own: Path, tmp_path: Path
) -> None:
    (own / CHECKS).write_bytes(b"no graph")
    with pytest.raises(BundleCorrupt, match="cannot be loaded"):
        checked(shipped, own, tmp_path / "b")
