"""Drawn chests are read by the shipped network as they are meant, and the film checks know them as films."""

import functools

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from diagnosis.cnn.bundle import load_bundle
from diagnosis.cnn.classifier import Classification, Classifier
from diagnosis.cnn.heatmap import film_frame
from diagnosis.cnn.quality import NotAChestRadiograph
from diagnosis.imaging.phantom import DENSE, HAZY, NORMAL, Phantom, draw
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.services import registry

SEEDS = range(1, 11)
ENOUGH = 8  # of the ten
CLEARLY = 1.5  # times as often as a map that knows nothing


def film_of(image: Image.Image) -> Radiograph:
    pixels = np.asarray(image, dtype=np.float32) / np.float32(255)
    return Radiograph(pixels, width=image.width, height=image.height)


@functools.cache
def network() -> Classifier:
    return Classifier(load_bundle(registry.shipped_bundle()))


@functools.cache
def read(kind: str) -> list[tuple[Phantom, Classification]]:
    drawn = [draw(seed=seed, kind=kind) for seed in SEEDS]
    return [(phantom, network().classify(film_of(phantom.image))) for phantom in drawn]


def share_on(opacity: NDArray[np.float32], said: Classification) -> tuple[float, float]:
    """The share of the map's top decile on the opacity, and of the network's own box that it fills."""
    side = opacity.shape[0]
    frame = film_frame(said.activation_map, width=side, height=side, box=said.activation_box)
    top = np.where(frame >= np.quantile(frame[frame > 0], 0.9), frame, 0)
    left, above, right, below = (round(side * share) for share in said.activation_box)
    on = opacity > 0.25
    return float((top * on).sum() / top.sum()), float(on[above:below, left:right].mean())


def test_clear_lungs_are_normal() -> None:
    said = [answer.triage for _, answer in read(NORMAL)]
    assert said.count("normal") >= ENOUGH, said
    assert "pathological" not in said


@pytest.mark.parametrize("kind", [HAZY, DENSE])
def test_drawn_opacities_are_pathological_and_the_heatmap_lies_on_them(kind: str) -> None:
    said = [answer.triage for _, answer in read(kind)]
    assert said.count("pathological") >= ENOUGH, said
    assert "normal" not in said
    shares = [share_on(phantom.opacity, answer) for phantom, answer in read(kind)]
    clear = [on >= CLEARLY * chance for on, chance in shares]
    assert clear.count(True) >= ENOUGH, shares
    assert np.mean([on / chance for on, chance in shares]) >= 2


def test_the_film_checks_find_nothing_wrong_with_a_drawn_film() -> None:
    for kind in (NORMAL, HAZY, DENSE):
        for _, answer in read(kind):
            assert answer.quality["cautions"] == answer.quality["corrections"] == []


def test_an_altered_one_is_put_right_or_refused() -> None:
    image = draw(seed=1).image
    turned = network().classify(film_of(image.rotate(180)))
    assert [one["code"] for one in turned.quality["corrections"]] == ["rotated_180"]
    negative = network().classify(film_of(image.point(lambda level: 255 - level)))
    assert [one["code"] for one in negative.quality["corrections"]] == ["inverted"]
    part = image.crop((300, 520, 700, 1000))
    with pytest.raises(NotAChestRadiograph):
        network().classify(film_of(part))
