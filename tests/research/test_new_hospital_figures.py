"""Figures of a new hospital: shares by patient, when two figures are equal, what a change turns over."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.cnn.evaluation.manifest import ManifestError
from diagnosis.cnn.evaluation.metrics import wilson_interval
from diagnosis.cnn.evaluation.prediction import answer_films
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.data.corruptions import OTHER_MACHINES
from research.new_hospital import intervals
from research.new_hospital.answers import AS_IT_IS, LUNGS_BLACK, Job, answer
from research.new_hospital.figures import calibration_error, rows_of_changes, rows_of_source
from research.new_hospital.judge import CHANGED
from tests.diagnosis.bundles import shipped
from tests.research.conftest import figure, judged


def test_the_interval_of_a_share_counts_patients_and_has_a_width_at_its_ends() -> None:
    low, high = wilson_interval(0.0, 30)
    assert (low, high) == (pytest.approx(0.0, abs=1e-9), pytest.approx(0.1135, abs=1e-3))
    low, high = wilson_interval(0.4, 100)
    assert (low, high) == (pytest.approx(0.3094, abs=1e-3), pytest.approx(0.4980, abs=1e-3))
    hits = np.array([True] * 5 + [False] * 5)
    each_own = intervals.share(hits, [str(k) for k in range(10)])
    of_two = intervals.share(hits, ["a"] * 5 + ["b"] * 5)
    assert each_own["value"] == of_two["value"] == 0.5
    assert width(of_two) > width(each_own) > 0
    nobody = intervals.share(np.zeros(4, bool), list("abcd"))
    assert nobody["low"] == 0.0
    assert nobody["high"] is not None
    assert nobody["high"] > 0.3
    assert intervals.share(np.zeros(0, bool), []) == intervals.NO_FIGURE


def width(one: dict[str, float | None]) -> float:
    assert one["low"] is not None
    assert one["high"] is not None
    return one["high"] - one["low"]


def test_figures_within_the_width_of_an_interval_are_equal() -> None:
    a = figure(0.80, 0.75, 0.85)
    assert intervals.equal(a, figure(0.89, 0.88, 0.90))
    assert intervals.equal(figure(0.89, 0.88, 0.90), a)
    assert not intervals.equal(a, figure(0.91, 0.90, 0.92))
    assert not intervals.equal(a, figure(0.69, 0.68, 0.70))
    with pytest.raises(ValueError, match="neither equal"):
        intervals.equal(a, dict(intervals.NO_FIGURE))


def test_what_differs_is_better_or_worse_by_what_the_figure_means() -> None:
    old, new = figure(0.5, 0.45, 0.55), figure(0.9, 0.85, 0.95)
    assert intervals.verdict(old, new, higher_is_better=True) == "better"
    assert intervals.verdict(old, new, higher_is_better=False) == "worse"
    assert intervals.verdict(new, old, higher_is_better=False) == "better"
    assert intervals.verdict(old, figure(0.55, 0.5, 0.6), higher_is_better=True) == "equal"
    assert intervals.verdict(old, dict(intervals.NO_FIGURE), higher_is_better=True) == "not measured"


def test_the_mean_over_sources_is_narrower_than_each_of_them() -> None:
    mean = intervals.mean([figure(0.8, 0.7, 0.9), figure(0.6, 0.5, 0.7)])
    assert mean["value"] == pytest.approx(0.7)
    assert width(mean) == pytest.approx(0.2 / np.sqrt(2))
    assert intervals.mean([]) == intervals.mean([dict(intervals.NO_FIGURE)]) == intervals.NO_FIGURE


def of_p_abnormal(*values: float) -> np.ndarray:
    p = np.array(values)
    return np.stack([p, np.zeros(len(p)), 1 - p], axis=1)


def test_rows_of_a_source_count_false_alarms_missed_films_and_nodules_apart() -> None:
    films = [judged(label, number=k) for k, label in enumerate(["normal"] * 4 + ["covid19"] * 2 + ["other"])]
    said = of_p_abnormal(0.9, 0.1, 0.55, 0.45, 0.1, 0.95, 0.8)
    normal, abnormal, other = rows_of_source("x", films, said, (0.3, 0.7))
    assert [normal[name]["value"] for name in ("pathological", "unsure", "normal")] == [0.25, 0.5, 0.25]
    assert normal["above_half"]["value"] == 0.5
    assert (abnormal["normal"]["value"], abnormal["pathological"]["value"]) == (0.5, 0.5)
    assert (other["truth"], other["films"], other["pathological"]["value"]) == ("other", 1, 1.0)


def test_answers_and_decisions_that_a_change_turns_over_are_counted() -> None:
    films = [judged(label, number=k) for k, label in enumerate(["normal"] * 3 + ["covid19"] * 2)]
    plain = of_p_abnormal(0.1, 0.4, 0.2, 0.9, 0.6)
    changed = of_p_abnormal(0.9, 0.9, 0.4, 0.2, np.nan)
    rows = rows_of_changes(films, {AS_IT_IS: plain, "c": changed}, (0.3, 0.7), resamples=10)
    assert rows[AS_IT_IS]["answers_turned"]["value"] == rows[AS_IT_IS]["decisions_turned"]["value"] == 0
    assert rows[AS_IT_IS]["auroc_abnormal"]["value"] == 1.0
    row = rows["c"]
    assert row["films"] == 4  # one could not be changed
    assert row["answers_turned"]["value"] == 0.75
    assert row["decisions_turned"]["value"] == 0.5  # the second was unsure, the third is now
    assert row["auroc_abnormal"]["value"] == 0.0
    assert row["ece"]["low"] <= row["ece"]["high"]


def test_the_interval_of_a_calibration_error_holds_it() -> None:
    random = np.random.default_rng(1)
    p = random.uniform(0, 1, 100)
    honest = np.where(random.uniform(0, 1, 100) < p, 0, 2)  # abnormal as often as it is said to be
    said, patients = of_p_abnormal(*p), np.arange(100).astype(str)
    error = calibration_error(said, honest, patients, 100)
    assert error["value"] is not None
    assert error["low"] is not None
    assert error["high"] is not None
    assert error["low"] < error["value"] < error["high"]
    assert calibration_error(said[:0], honest[:0], patients[:0], 10) == intervals.NO_FIGURE


def test_a_film_as_it_is_gets_its_usual_answer_and_a_changed_one_the_answer_to_the_changed_film(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    manifest = write_manifest([{"file": f"{k}.png", "label": "covid19", "source": "x"} for k in range(2)])
    paths, bundle = [manifest.parent / f"{k}.png" for k in range(2)], shipped()
    got = answer(bundle, [Job(path, CHANGED) for path in paths], processes=1)
    parameters = PreprocessingParameters.from_card(bundle.card["preprocessing"])
    plain = answer_films(bundle.graph, parameters, paths, lungs=bundle.lungs, processes=1)
    for row, expected in zip(got, plain.probabilities, strict=True):
        np.testing.assert_array_equal(row[0], expected)
        assert len(row) == len(CHANGED)
    toned = OTHER_MACHINES["gamma_1.4"](Image.open(paths[0]).convert("L"), np.random.default_rng(0))
    toned.save(tmp_path / "toned.png")
    seen = answer_films(bundle.graph, parameters, [tmp_path / "toned.png"], lungs=bundle.lungs, processes=1)
    np.testing.assert_allclose(got[0][CHANGED.index("gamma_1.4")], seen.probabilities[0], atol=1e-6)
    black = got[0][CHANGED.index(LUNGS_BLACK)]
    assert not np.isnan(black).any()
    assert not np.array_equal(black, got[0][0])
    (tmp_path / "broken.png").write_bytes(b"no film")
    with pytest.raises(ManifestError, match=r"broken\.png"):
        answer(bundle, [Job(tmp_path / "broken.png", (AS_IT_IS,))], processes=1)
