"""The probe that reads the source from features: what it finds, what it cannot, what it says of few films."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from diagnosis.cnn.findings import FINDINGS
from research.shortcuts.linear_probe import fit_probe
from research.shortcuts.source_probe import READ_FROM, Side, source_probe


def clouds(names: np.ndarray, apart: float, seed: int = 0) -> np.ndarray:
    """Features (n, 20) of films, each name's around a centre of its own; of very unlike spreads."""
    centres = np.random.default_rng(7).normal(size=(3, 20)) * apart
    features = centres[names] + np.random.default_rng(seed).normal(size=(len(names), 20))
    return np.asarray(features * np.logspace(-3, 3, 20) + 5)


def test_the_probe_reads_names_that_lie_apart_and_always_the_same() -> None:
    names = np.repeat([0, 1, 2], [200, 40, 10])
    probe = fit_probe(clouds(names, 3), names, 3)
    assert balanced_accuracy_score(names, probe.predict(clouds(names, 3, seed=1))) > 0.97
    again = fit_probe(clouds(names, 3), names, 3)
    np.testing.assert_array_equal(again[-1].coef_, probe[-1].coef_)


def test_the_probe_is_at_chance_where_there_is_nothing_to_read() -> None:
    names = np.tile([0, 1, 2], 300)
    probe = fit_probe(clouds(names, 0), names, 3)
    assert balanced_accuracy_score(names, probe.predict(clouds(names, 0, seed=1))) == pytest.approx(
        1 / 3, abs=0.06
    )


def test_the_probe_heeds_a_name_with_few_films_as_much_as_one_with_many() -> None:
    names = np.repeat([0, 1], [2000, 100])
    probe = fit_probe(clouds(names, 0.3), names, 2)
    said = probe.predict(clouds(names, 0.3, seed=1))
    assert np.mean(said[names == 1] == 1) > 0.6
    assert np.mean(said[names == 0] == 0) > 0.6


def test_the_probe_wants_a_film_of_every_name_and_ignores_what_never_changes() -> None:
    names = np.array([0, 0, 1, 1])
    with pytest.raises(ValueError, match="every name"):
        fit_probe(np.zeros((4, 2)), names, 3)
    features = np.stack([names * 1.0, np.full(4, 7.0)], axis=1)
    changed = features + np.array([0, 1000])
    np.testing.assert_array_equal(fit_probe(features, names, 2).predict(changed), names)


def side(sources: np.ndarray, labels: np.ndarray, pooled: np.ndarray) -> Side:
    """Films, no two of a patient; what a probe may read is `pooled` and nothing else but the label."""
    groups = np.arange(len(sources)).astype(str)
    label = np.eye(3)[labels]
    features = {"pooled": pooled, "gate": np.zeros((len(sources), 1)), "probabilities": label, "label": label}
    return Side(sources, groups, labels, features)


def test_what_the_label_alone_says_of_the_source_is_told_apart_from_what_features_say() -> None:
    # two sources of COVID-19 and normal, one of pneumonia alone: the features know the label, no more
    labels = np.tile([0, 2, 0, 2, 1, 1], 40)
    sources = np.tile(["a", "a", "b", "b", "children", "children"], 40)
    features = np.eye(3)[labels] + np.random.default_rng(0).normal(0, 0.1, (240, 3))
    films = side(sources, labels, features)
    rows = source_probe(films, films, FINDINGS, 50)["balanced_accuracy"]
    every = rows["all_films"]
    assert (every["sources"], every["films"], every["chance"]) == (3, 240, pytest.approx(1 / 3))
    assert every["label"]["value"] == pytest.approx(2 / 3)
    assert every["pooled"]["value"] == pytest.approx(2 / 3, abs=0.07)
    assert every["pooled"]["low"] <= every["pooled"]["value"] <= every["pooled"]["high"]
    assert rows["covid19"]["label"] == {"value": 0.5, "low": 0.5, "high": 0.5}
    assert rows["covid19"]["pooled"]["value"] == pytest.approx(0.5, abs=0.15)
    assert rows["pneumonia"]["chance"] is None  # one source: nothing to tell apart
    assert all(rows["pneumonia"][name]["value"] is None for name in READ_FROM)


def test_features_that_know_the_source_are_found_out_within_a_class() -> None:
    labels, sources = np.tile([0, 0, 2, 2], 30), np.tile(["a", "b", "a", "b"], 30)
    films = side(sources, labels, (sources == "b")[:, np.newaxis] * 1.0)
    found = source_probe(films, films, FINDINGS, 50)
    assert found["balanced_accuracy"]["normal"]["pooled"]["value"] == 1
    assert found["balanced_accuracy"]["normal"]["gate"]["value"] == 0.5
    assert found["by_source"]["a"] == {"films_fitted": 60, "films_judged": 60, "read_right": 1}


def test_sources_without_films_to_fit_on_and_those_with_few_are_named() -> None:
    labels, sources = np.tile([0, 2, 0, 2], 6), np.tile(["a", "a", "b", "b"], 6)
    fitted = side(sources, labels, np.zeros((24, 1)))
    judged = side(np.where(sources == "b", "new", sources), labels, np.zeros((24, 1)))
    both = source_probe(fitted, fitted, FINDINGS, 10)
    assert both["notes"] == ["Each source weighs the same, those with few films too: a (12), b (12)."]
    alone = source_probe(fitted, judged, FINDINGS, 10)
    assert alone["by_source"] == {}
    assert "no source probe" in alone["notes"][0]
    mixed = side(np.append(judged.sources, sources), np.tile(labels, 2), np.zeros((48, 1)))
    assert "No film of new to fit on" in source_probe(fitted, mixed, FINDINGS, 10)["notes"][0]
