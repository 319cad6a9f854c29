"""A film is looked at three ways; where these fall on both sides of the band, a person reads first."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diagnosis.cnn.classifier import Classification, Classifier
from diagnosis.cnn.lungs import FilmPreparation
from diagnosis.cnn.network import Network
from diagnosis.cnn.uncertainty import METHOD, augmented, settled, uncertainty
from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.management.commands.analyse import analyse_file, as_json_line


def phantom(seed: int = 0) -> Radiograph:
    pixels = np.asarray(draw_phantom(seed=seed), dtype=np.float32) / np.float32(255)
    return Radiograph(pixels, width=pixels.shape[1], height=pixels.shape[0])


def with_band(shipped: Classifier, lower: float, upper: float, *, average_looks: bool = False) -> Classifier:
    """The network that ships, with another unsure band, looking at every film three times."""
    card = shipped.bundle.card | {"unsure_band": {"lower": lower, "upper": upper}}
    del card["looks"]
    return Classifier(replace(shipped.bundle, card=card), average_looks)


def with_gate(shipped: Classifier, threshold: float, margin: float) -> Classifier:
    """The network that ships, never unsure by its band, with a gate of other measures."""
    card = shipped.bundle.card | {
        "film_gate": shipped.bundle.card["film_gate"] | {"threshold": threshold, "margin": margin},
        "unsure_band": {"lower": 0.5, "upper": 0.5},
    }
    network = Classifier(replace(shipped.bundle, card=card))
    network._checks = None  # to which a drawing is no film
    return network


@pytest.fixture(scope="module")
def answer(shipped: Classifier) -> Classification:
    return shipped.classify(phantom(), gate=False)


def test_the_augmented_are_the_mirror_image_and_the_middle_of_the_film() -> None:
    film = np.zeros((100, 100, 1), dtype=np.float32)
    film[30:70, 30:40] = 255.0  # a bar, left of the middle
    mirrored, central = augmented(film)
    assert np.array_equal(mirrored[30:70, 60:70], np.full((40, 10, 1), 255.0))
    assert mirrored.sum() == film.sum()
    rows, columns, _ = np.nonzero(central > 127)
    # twenty left of the middle and twenty above it, each a ninth farther out now
    assert (rows.min(), rows.max() + 1) == pytest.approx((50 - 22.2, 50 + 22.2), abs=1)
    assert columns.min() == pytest.approx(50 - 22.2, abs=1)


def test_looks_are_grey_levels_like_the_networks_input() -> None:
    film = np.random.default_rng(0).integers(0, 2, (64, 64, 1)).astype(np.float32) * 255
    for look in augmented(film):
        assert (look.shape, look.dtype) == (film.shape, np.float32)
        assert 0 <= look.min() <= look.max() <= 255
        assert np.array_equal(look, np.rint(look))


def test_a_classification_says_how_far_it_wobbles(answer: Classification) -> None:
    said = answer.uncertainty
    assert said["method"] == METHOD
    assert len(said["p_abnormal"]) == 3
    assert len(set(said["p_abnormal"])) == 3, "three looks, three answers"
    assert said["p_abnormal"][0] == answer.p_abnormal, "the plain look is the answer"
    assert said["low"] == min(said["p_abnormal"])
    assert said["high"] == max(said["p_abnormal"])
    assert said["spread"] == pytest.approx(float(np.std(said["p_abnormal"])))
    assert said["averaged"] is False
    assert answer.timings_ms["looks"] > 0


def test_looks_that_agree_cross_nothing(answer: Classification, shipped: Classifier) -> None:
    high = answer.uncertainty["high"]
    calm = with_band(shipped, high + 1e-4, high + 2e-4).classify(phantom(), gate=False)
    assert calm.uncertainty["crosses_threshold"] is False
    assert calm.triage == "normal"


def test_looks_on_both_sides_of_the_band_leave_the_film_to_a_person(
    answer: Classification, shipped: Classifier
) -> None:
    middle = sorted(answer.uncertainty["p_abnormal"])[1]
    low, high = answer.uncertainty["low"], answer.uncertainty["high"]
    for lower, upper in ((low + 1e-6, (low + middle) / 2), ((middle + high) / 2, high - 1e-6)):
        said = with_band(shipped, lower, upper).classify(phantom(), gate=False)
        assert not lower <= said.p_abnormal < upper, "the answer itself is sure"
        assert said.triage == "unsure"
        assert said.uncertainty["crosses_threshold"] is True
        assert said.probabilities == answer.probabilities


def test_one_border_crossed_is_said_but_changes_no_triage(
    answer: Classification, shipped: Classifier
) -> None:
    low = answer.uncertainty["low"]
    said = with_band(shipped, low + 1e-6, 0.9999999).classify(phantom(), gate=False)
    assert said.uncertainty["crosses_threshold"] is True
    assert said.triage == ("normal" if said.p_abnormal < low + 1e-6 else "unsure")


def test_a_film_unlike_those_of_the_training_is_left_to_a_person(
    answer: Classification, shipped: Classifier
) -> None:
    far = answer.film_distance
    known = with_gate(shipped, 2 * far, 1.5).classify(phantom())
    assert known.triage != "unsure"
    assert known.uncertainty["unfamiliar"] is False
    strange = with_gate(shipped, 2 * far, 2.5).classify(phantom())
    assert strange.triage == "unsure"
    assert strange.uncertainty["unfamiliar"] is True
    assert strange.probabilities == known.probabilities
    let_pass = with_gate(shipped, 2 * far, 2.5).classify(phantom(), gate=False)
    assert let_pass.uncertainty["unfamiliar"] is False, "nobody asked whether a drawing is like a film"


def test_a_mean_that_leaves_all_its_looks_behind_decides_nothing() -> None:
    """Two looks sure of different diseases have a mean that is "normal"."""
    assert settled("normal", ["pathological", "pathological", "pathological"]) == "unsure"
    assert settled("pathological", ["pathological", "unsure", "unsure"]) == "pathological"
    assert settled("normal", ["normal", "normal", "unsure"]) == "normal"


def test_averaging_answers_with_the_mean_of_the_looks_logits(
    answer: Classification, shipped: Classifier
) -> None:
    mean = Classifier(shipped.bundle, average_looks=True).classify(phantom(), gate=False)
    assert mean.uncertainty == answer.uncertainty | {"averaged": True}
    assert answer.uncertainty["low"] < mean.p_abnormal < answer.uncertainty["high"]
    # For a temperature, averaging logits is averaging logarithms of the calibrated probabilities.
    plain = np.log(list(answer.probabilities.values()))
    averaged = np.log(list(mean.probabilities.values()))
    raw = np.log(list(mean.raw_probabilities.values()))
    steps = np.diff(raw) / shipped.bundle.temperature
    assert np.diff(averaged) == pytest.approx(steps, abs=1e-3), "calibrated after averaging"
    assert not np.allclose(plain, averaged)
    assert mean.input_sha256 == answer.input_sha256
    assert mean.activation_map.max() == pytest.approx(mean.p_abnormal, abs=1e-4)


def test_the_mean_is_that_of_all_three_looks(shipped: Classifier) -> None:
    film, _ = FilmPreparation(shipped.preprocessing, shipped.bundle.lungs).prepare(phantom().pixels)
    network = Network(shipped.bundle.graph)
    logits = [network.run(look).logits for look in (film.pixels, *augmented(film.pixels))]
    powers = np.exp(np.mean(logits, axis=0, dtype=np.float64) / shipped.bundle.temperature)
    mean = Classifier(shipped.bundle, average_looks=True).classify(phantom(), gate=False)
    assert list(mean.probabilities.values()) == pytest.approx((powers / powers.sum()).tolist(), abs=1e-5)


def test_a_record_holds_the_uncertainty_as_json(shipped: Classifier, tmp_path: Path) -> None:
    draw_phantom(seed=1).save(tmp_path / "film.png")
    record = analyse_file(tmp_path / "film.png", shipped, gate=False)
    assert json.loads(as_json_line(record))["uncertainty"] == record["uncertainty"]
    assert record["uncertainty"]["p_abnormal"][0] == 1 - record["probabilities"]["normal"]


def test_spread_is_zero_where_every_look_says_the_same() -> None:
    said = uncertainty([0.25, 0.25, 0.25], ["normal", "normal", "normal"], averaged=False)
    assert (said["low"], said["high"], said["spread"]) == (0.25, 0.25, 0.0)
    assert said["crosses_threshold"] is False
