"""A hospital's own films set the limits of a network and change nothing else about it."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from diagnosis.cnn.bundle import DEFAULT, Bundle, load_bundle
from diagnosis.services import registry


def rows(count: int) -> list[dict[str, str]]:
    return [
        {"file": f"{label}-{k}.png", "label": label, "source": "riverside"}
        for label in ("pneumonia", "normal")
        for k in range(count)
    ]


def fit_limits(manifest: Path, out: Path, *, bundle: str = DEFAULT, site: str = "riverside") -> str:
    said = io.StringIO()
    call_command(
        "fit_limits", "--bundle", bundle, "--manifest", str(manifest), "--site", site, "--out", str(out),
        "--resamples", "20", "--processes", "1", stdout=said,
    )  # fmt: skip
    return said.getvalue()


@pytest.mark.django_db
def test_limits_are_those_of_the_films_and_the_network_is_the_same(
    pneumonia_or_normal: Bundle, write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    old, manifest, out = pneumonia_or_normal, write_manifest(rows(50)), tmp_path / "own"
    said = fit_limits(manifest, out, bundle=str(old.path))
    new = load_bundle(out)
    assert new.version == f"{old.version}+riverside"
    assert f"promote_model {new.name} {new.version}" in said
    assert new.graph.read_bytes() == old.graph.read_bytes()
    assert new.card["metrics"] == old.card["metrics"]
    assert new.card["limits_set"]["films"] == {"abnormal": 50, "normal": 50}
    assert new.unsure_band != old.unsure_band

    figures = tmp_path / "figures.json"
    call_command(
        "evaluate_model", "--bundle", str(out), "--manifest", str(manifest), "--processes", "1",
        "--resamples", "20", "--json", str(figures), stdout=io.StringIO(),
    )  # fmt: skip
    points: dict[str, Any] = json.loads(figures.read_text())["pooled"]["operating_points"]
    assert points["sensitivity_95"]["sensitivity"] >= 0.95
    assert points["specificity_95"]["specificity"] >= 0.95
    assert points["triage"]["abnormal_called_normal"] <= 0.05

    entered = registry.register(bundle_path=out, actor="test")
    assert (entered.name, entered.version) == (new.name, new.version)


def test_limits_that_cannot_be_are_refused_in_words(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    few = write_manifest(rows(3))
    with pytest.raises(CommandError, match="3 abnormal and 3 normal films: limits need 50 of each"):
        fit_limits(few, tmp_path / "own")
    with pytest.raises(CommandError, match="a site is a word"):
        fit_limits(few, tmp_path / "own", site="St. Mary's")
    assert not (tmp_path / "own").exists()


def test_a_network_to_which_every_film_is_abnormal_gets_no_limits(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    drawn = write_manifest(rows(50))  # no real films: the shipped network is sure of every one
    with pytest.raises(CommandError, match="no limit spares 95 % of these normal films"):
        fit_limits(drawn, tmp_path / "own")
