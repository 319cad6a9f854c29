"""A hospital's own films set the limits of a network and change nothing else about it."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from diagnosis.cnn.bundle import Bundle, load_bundle
from diagnosis.cnn.evaluation.limits import LEAST_PATIENTS, limits_of
from diagnosis.cnn.evaluation.manifest import Film, ManifestError
from diagnosis.services import registry


def rows(count: int) -> list[dict[str, str]]:
    return [
        {"file": f"{label}-{k}.png", "label": label, "source": "riverside"}
        for label in ("pneumonia", "normal")
        for k in range(count)
    ]


def fit_limits(bundle: Bundle, manifest: Path, out: Path, *, site: str = "riverside") -> str:
    said = io.StringIO()
    call_command(
        "fit_limits", "--bundle", str(bundle.path), "--manifest", str(manifest), "--site", site,
        "--out", str(out), "--resamples", "20", "--processes", "1", stdout=said,
    )  # fmt: skip
    return said.getvalue()


def triage_of(bundle: Path, manifest: Path, figures: Path) -> dict[str, Any]:
    call_command(
        "evaluate_model", "--bundle", str(bundle), "--manifest", str(manifest), "--processes", "1",
        "--resamples", "20", "--json", str(figures), stdout=io.StringIO(),
    )  # fmt: skip
    points: dict[str, Any] = json.loads(figures.read_text())["pooled"]["operating_points"]
    return points


@pytest.mark.django_db
def test_limits_are_those_of_the_films_and_the_network_is_the_same(
    pneumonia_or_normal: Bundle, write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    old, manifest, out = pneumonia_or_normal, write_manifest(rows(LEAST_PATIENTS)), tmp_path / "own"
    said = fit_limits(old, manifest, out)
    new = load_bundle(out)
    assert new.version == f"{old.version}+riverside"
    assert f"promote_model {new.name} {new.version}" in said
    assert new.graph.read_bytes() == old.graph.read_bytes()
    assert new.card["metrics"] == old.card["metrics"]
    assert new.unsure_band != old.unsure_band
    points = triage_of(out, manifest, tmp_path / "figures.json")
    assert points["sensitivity_95"]["sensitivity"] >= 0.95
    assert points["specificity_95"]["specificity"] >= 0.95
    assert points["triage"]["abnormal_called_normal"] <= 0.05
    entered = registry.register(bundle_path=out, actor="test")
    assert {point.measured_on for point in entered.measured_points.all()} == {"100 films of riverside"}


def test_films_that_can_set_no_limits_are_refused_before_any_is_read(
    pneumonia_or_normal: Bundle, write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    twice = write_manifest([*rows(3), rows(3)[0]])
    with pytest.raises(CommandError) as error:
        fit_limits(pneumonia_or_normal, twice, tmp_path / "own")
    words = str(error.value)
    for said in ("3 things", "pneumonia-0.png: listed more than once", "abnormal films are of 3 patients"):
        assert said in words
    for site in ("St. Mary's", "a-very-long-name-of-a-hospital"):
        with pytest.raises(CommandError, match="a site is a word"):
            fit_limits(pneumonia_or_normal, twice, tmp_path / "own", site=site)


def test_a_folder_that_is_there_is_left_alone(
    pneumonia_or_normal: Bundle, write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    manifest = write_manifest(rows(1))
    for taken in (tmp_path, pneumonia_or_normal.path):
        with pytest.raises(CommandError, match="it is left alone"):
            fit_limits(pneumonia_or_normal, manifest, taken)
    assert manifest.is_file()
    assert load_bundle(pneumonia_or_normal.path).checksum == pneumonia_or_normal.checksum


LADDER = np.linspace(0.01, 0.99, 100)


def limits(abnormal: np.ndarray, normal: np.ndarray) -> dict[str, Any]:
    scores = np.concatenate([abnormal, normal])
    films = [Film(f"{k}.png", "", "riverside") for k in range(len(scores))]
    labels = np.array([0] * len(abnormal) + [1] * len(normal))
    return limits_of(np.stack([scores, 1 - scores], axis=1), labels, films, resamples=5)


@pytest.mark.parametrize(
    ("abnormal", "normal", "why"),
    [
        (np.full(100, 1.0), np.full(100, 1.0), "no limit spares 95 %"),
        (np.append(np.zeros(10), LADDER[10:]), LADDER, "no limit spares 95 %"),
        (LADDER, LADDER, "of the films would be unsure"),
        (LADDER, LADDER[::-1] + 0.005, "of the films would be unsure"),
    ],
    ids=["all certain", "abnormal at nought", "guessing", "guessing as well"],
)
def test_a_network_that_cannot_tell_these_films_gets_no_limits(
    abnormal: np.ndarray, normal: np.ndarray, why: str
) -> None:
    with pytest.raises(ManifestError, match=why):
        limits(abnormal, normal)


def test_between_films_that_are_told_apart_for_certain_lies_what_is_unsure() -> None:
    band = limits(np.linspace(0.8, 0.9, 100), np.linspace(0.1, 0.2, 100))["unsure_band"]
    assert 0.1 < band["lower"] <= 0.2
    assert 0.8 <= band["upper"] < 0.81
