"""Figures against values computed by hand, and against scikit-learn."""

import json
import math

import numpy as np
import pytest
from sklearn import metrics as reference

from diagnosis.cnn.evaluation import metrics
from diagnosis.cnn.evaluation.calibration import (
    at_threshold,
    carried,
    centred,
    fit_temperature,
    operating_points,
    unsure_band,
)

SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
POSITIVE = np.array([True, True, False, True, False, False])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
LABELS = np.array([0, 1, 2, 2])


def test_auroc_counts_ordered_pairs_and_ties_as_half() -> None:
    assert metrics.auroc(SCORES, POSITIVE) == pytest.approx(8 / 9)  # of 3 × 3 pairs one is the wrong way
    assert metrics.auroc(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert metrics.auroc(np.array([1, 2, 2, 3]), np.array([False, False, True, True])) == 0.875
    assert math.isnan(metrics.auroc(SCORES, np.ones(6, dtype=bool)))


def test_share_of_a_pair_leaves_the_third_class_out() -> None:
    own, other = np.array([0.2, 0.0, 0.0], np.float32), np.array([0.6, 0.5, 0.0], np.float32)
    assert metrics.share_of_pair(own, other).tolist() == [pytest.approx(0.25), 0.0, 0.5]


def test_accuracy_confusion_and_macro_auroc() -> None:
    assert metrics.accuracy(PROBABILITIES, LABELS) == 0.75
    assert metrics.confusion_matrix(PROBABILITIES, LABELS).tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    # normal: films 3 and 4 score .3 and .8 against .1 and .3, one tie of four pairs
    assert metrics.macro_auroc(PROBABILITIES, LABELS) == pytest.approx((1 + 1 + 3.5 / 4) / 3)


def test_calibration_error_is_the_weighted_gap_of_confidence_and_accuracy() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    labels = np.array([0, 1, 0, 0])
    # two films at .9, half of them right: gap .4; two at .6, both right: gap .4
    assert metrics.expected_calibration_error(probabilities, labels) == pytest.approx(0.4)


def test_likelihood_and_softmax() -> None:
    assert metrics.softmax(np.log([[1.0, 3.0]])).tolist() == [pytest.approx([0.25, 0.75])]
    assert metrics.softmax(np.log([[1.0, 9.0]]), temperature=2).tolist() == [pytest.approx([0.25, 0.75])]
    assert metrics.negative_log_likelihood(np.array([[0.5, 0.5]]), np.array([1])) == pytest.approx(
        math.log(2)
    )


def test_thresholds_keep_what_they_promise() -> None:
    assert metrics.threshold_for_sensitivity(SCORES, POSITIVE, sensitivity=1.0) == 0.6
    assert metrics.threshold_for_sensitivity(SCORES, POSITIVE, sensitivity=0.6) == 0.8
    assert metrics.threshold_for_specificity(SCORES, POSITIVE, specificity=1.0) == 0.8
    assert metrics.threshold_for_specificity(SCORES, POSITIVE, specificity=0.6) == 0.6
    assert metrics.sensitivity_at_specificity(SCORES, POSITIVE, specificity=1.0) == pytest.approx(2 / 3)
    assert metrics.sensitivity_at_specificity(SCORES, POSITIVE, specificity=0.6) == 1.0


def test_bootstrap_draws_whole_groups() -> None:
    values = np.array([0.0] * 50 + [1.0] * 50)

    def mean(rows: np.ndarray) -> float:
        return float(values[rows].mean())

    single = metrics.bootstrap_interval(mean, [str(k) for k in range(100)])
    assert single == (pytest.approx(0.4, abs=0.03), pytest.approx(0.6, abs=0.03))
    two_patients = metrics.bootstrap_interval(mean, ["a"] * 50 + ["b"] * 50)
    assert two_patients == (0.0, 1.0)
    assert all(math.isnan(end) for end in metrics.bootstrap_interval(lambda rows: math.nan, ["a", "b"]))


def test_temperature_is_recovered() -> None:
    random = np.random.default_rng(1)
    logits = random.normal(0, 2, (4000, 3))
    cumulative = metrics.softmax(logits).cumsum(axis=1)
    labels = (random.random((4000, 1)) > cumulative).sum(axis=1)
    assert fit_temperature(logits * 3.0, labels) == pytest.approx(3.0, rel=0.08)


def one_against_normal(abnormal: np.ndarray) -> np.ndarray:
    return np.stack([abnormal, np.zeros_like(abnormal), 1 - abnormal], axis=1)


def test_operating_points_do_on_their_films_what_their_names_say() -> None:
    random = np.random.default_rng(2)
    labels = np.repeat([0, 2], 500)
    scores = np.where(labels == 0, random.beta(4, 2, 1000), random.beta(2, 4, 1000))
    points = operating_points(one_against_normal(scores), labels)
    assert points["sensitivity_95"]["sensitivity"] == pytest.approx(0.95, abs=0.003)
    assert points["specificity_95"]["specificity"] == pytest.approx(0.95, abs=0.003)
    assert points["sensitivity_95"]["n"] == 1000
    band = unsure_band(one_against_normal(scores), labels)
    assert (band["lower"], band["upper"]) == (
        points["sensitivity_95"]["threshold"],
        points["specificity_95"]["threshold"],
    )
    assert band["share_of_errors"] > band["share_of_films"]


def test_operating_points_have_intervals_in_which_whole_patients_are_drawn() -> None:
    random = np.random.default_rng(4)
    labels = np.repeat([0, 1], 200)  # a task of two classes: the last is normal
    scores = np.where(labels == 0, random.beta(3, 2, 400), random.beta(2, 3, 400))
    probabilities = np.stack([scores, 1 - scores], axis=1)
    each = operating_points(probabilities, labels)["sensitivity_95"]
    low, high = each["sensitivity_interval"]
    # the standard error of 0.95 among 200 films is 0.0154
    assert (low, high) == (pytest.approx(0.95 - 0.030, abs=0.01), pytest.approx(0.95 + 0.030, abs=0.01))
    patients = [str(number // 20) for number in range(400)]
    order = np.argsort(scores)  # each patient's films score alike, so there is less to learn from them
    drawn = operating_points(probabilities[order], labels[order], patients)["sensitivity_95"]
    assert drawn["sensitivity"] == each["sensitivity"]
    widths = [np.ptp(point["specificity_interval"]) for point in (each, drawn)]
    assert widths[1] > 1.5 * widths[0]


def test_a_threshold_on_films_of_one_side_has_no_figure_for_the_other() -> None:
    figures = at_threshold(np.array([0.2, 0.8]), np.array([True, True]), 0.5)
    assert figures["sensitivity"] == 0.5
    assert figures["specificity"] is figures["specificity_interval"] is None
    assert figures["n"] == 2


def test_a_very_good_network_still_has_a_band_in_which_a_human_reads() -> None:
    random = np.random.default_rng(3)
    labels = np.repeat([0, 2], 1000)
    scores = np.where(labels == 0, random.beta(8, 1.2, 2000), random.beta(1.2, 8, 2000))
    points = operating_points(one_against_normal(scores), labels)
    assert points["specificity_95"]["threshold"] < points["sensitivity_95"]["threshold"]  # they cross
    band = unsure_band(one_against_normal(scores), labels)
    assert band["lower"] < band["upper"]
    assert band["level"] > 0.95
    assert band["abnormal_below"] <= 1 - band["level"] + 1e-9


def test_answers_that_are_all_the_same_have_operating_points_that_json_can_hold() -> None:
    points = operating_points(one_against_normal(np.full(20, 0.6)), np.array([0, 2] * 10))
    json.dumps(points, allow_nan=False)
    assert (points["specificity_95"]["sensitivity"], points["specificity_95"]["specificity"]) == (0.0, 1.0)
    assert 1.0 < points["specificity_95"]["threshold"] < 1.001


def test_a_shift_puts_half_and_half_where_it_belongs() -> None:
    random = np.random.default_rng(0)
    abnormal = random.normal(size=4000) * 2
    labels = np.where(random.random(4000) < 1 / (1 + np.exp(-abnormal)), 0, 1)
    logits = np.stack([abnormal / 2 + 0.7, -abnormal / 2 - 0.7], axis=1)  # 1.4 too sure of abnormal
    moved, shift = centred(logits, labels)
    assert shift == pytest.approx(-1.4, abs=0.15)
    assert moved[:, 0] - moved[:, 1] == pytest.approx(abnormal + 1.4 + shift)


def test_a_limit_set_on_known_sources_is_judged_as_it_stands_in_a_new_one() -> None:
    def logits(odds: list[float]) -> np.ndarray:
        return np.array([[value, 0.0, 0.0] for value in odds])

    known, labels = logits([3.0] * 20 + [-3.0] * 20), np.array([0] * 20 + [2] * 20)
    same = carried(known, labels, known, labels)
    assert same["sensitivity_95"] == same["specificity_95"] == {"sensitivity": 1, "specificity": 1}
    brighter = known + np.array([8.0, 0.0, 0.0])  # every film looks more abnormal there, in the same order
    there = carried(known, labels, brighter, labels)
    assert there["sensitivity_95"] == there["specificity_95"] == {"sensitivity": 1, "specificity": 0}
    assert carried(known[:20], labels[:20], known, labels) == {}


@pytest.mark.parametrize("ties", [False, True])
def test_figures_are_those_of_scikit_learn(ties: bool) -> None:
    random = np.random.default_rng(6)
    probabilities = metrics.softmax(random.normal(size=(300, 3)))
    if ties:  # so coarse that many films share a score
        probabilities = np.round(probabilities * 4) + 1
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels = (random.random((300, 1)) > probabilities.cumsum(axis=1)[:, :2]).sum(axis=1)
    assert metrics.macro_auroc(probabilities, labels) == pytest.approx(
        reference.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro"), abs=1e-12
    )
    for k in range(3):
        theirs = reference.roc_auc_score(labels == k, probabilities[:, k])
        assert metrics.auroc(probabilities[:, k], labels == k) == pytest.approx(theirs, abs=1e-12)
    likeliest = probabilities.argmax(axis=1)
    theirs = reference.confusion_matrix(labels, likeliest)
    assert metrics.confusion_matrix(probabilities, labels).tolist() == theirs.tolist()
    assert metrics.accuracy(probabilities, labels) == reference.accuracy_score(labels, likeliest)
    assert metrics.negative_log_likelihood(probabilities, labels) == pytest.approx(
        reference.log_loss(labels, probabilities), abs=1e-12
    )


def test_the_interval_of_an_auroc_is_that_of_its_resamples_one_by_one() -> None:
    random = np.random.default_rng(3)
    positive = random.random(120) < 0.3
    scores = np.round(random.random(120) + 0.3 * positive, 1)  # many ties
    groups = [str(place // 2) for place in range(120)]
    one_by_one = metrics.bootstrap_interval(lambda rows: metrics.auroc(scores[rows], positive[rows]), groups)
    assert metrics.auroc_interval(scores, positive, groups) == pytest.approx(one_by_one, abs=1e-12)
    assert np.isnan(metrics.auroc_interval(scores, np.ones(120, dtype=bool), groups)).all()
