"""The model card: its figures part by part, and what it says for want of films."""

import re
from typing import Any

import numpy as np
import pytest
from jinja2 import UndefinedError

from diagnosis.cnn.evaluation.manifest import Film
from diagnosis.cnn.evaluation.report import Evaluation, figures_of
from research.model_card import figures
from research.model_card.card import auroc, filled, measured, render
from research.model_card.pictures import reliability

CARD: dict[str, Any] = {
    "findings": ["pneumonia", "normal"],
    "operating_points": {"sensitivity_95": {"threshold": 0.5}},
    "unsure_band": {"lower": 0.3, "upper": 0.7},
}


def evaluation(
    probabilities: np.ndarray, labels: list[str], findings: list[str], **facts: list[Any]
) -> Evaluation:
    """Films of one source, unless the facts say otherwise, and the figures of what a network said of them."""
    columns = {"source": ["s"] * len(labels)} | facts
    films = tuple(
        Film(file=f"{k}.png", label=label, **{name: values[k] for name, values in columns.items()})
        for k, label in enumerate(labels)
    )
    report = figures_of(probabilities, films, CARD | {"findings": findings}, resamples=20)
    return Evaluation(report, films, probabilities)


def two_classes(p_abnormal: list[float], abnormal: list[bool], **facts: list[Any]) -> Evaluation:
    """The same of a network of two classes."""
    scores = np.array(p_abnormal)
    labels = ["pneumonia" if ill else "normal" for ill in abnormal]
    return evaluation(np.stack([scores, 1 - scores], axis=1), labels, CARD["findings"], **facts)


def test_what_thresholds_do_to_a_part_is_what_a_person_would_count() -> None:
    scores = [0.9, 0.8, 0.75, 0.4, 0.1, 0.05, 0.1, 0.2, 0.35, 0.9] * 3
    abnormal = ([True] * 5 + [False] * 5) * 3
    found = figures.decisions_of(two_classes(scores, abnormal), CARD, resamples=50)["s"]
    point = found["points"]["sensitivity_95"]
    assert point["sensitivity"]["value"] == pytest.approx(0.6)
    assert point["specificity"]["value"] == pytest.approx(0.8)
    assert found["unsure"]["value"] == pytest.approx(0.2)  # 0.4 and 0.35
    assert (found["unsure"]["sum"], found["unsure"]["n"]) == (6, 30)
    assert found["wrong"]["value"] == pytest.approx(2 / 8)
    assert found["wrong_unsure"]["value"] == pytest.approx(0.5)  # 0.4 is abnormal, 0.35 is normal
    assert (found["missed"]["sum"], found["missed"]["n"]) == (3, 15)  # 0.1
    assert (found["alarms"]["sum"], found["alarms"]["n"]) == (3, 15)  # 0.9
    assert found["wrong"]["low"] < found["wrong"]["value"] < found["wrong"]["high"]


def test_an_interval_draws_whole_patients() -> None:
    hits = np.array([True] * 10 + [False] * 10)
    one_each = figures.mean(hits, np.array([str(k) for k in range(20)]), resamples=200)
    two_patients = figures.mean(hits, np.array(["a"] * 10 + ["b"] * 10), resamples=200)
    assert one_each["value"] == two_patients["value"] == 0.5
    assert 0 < one_each["low"] < one_each["high"] < 1
    assert (two_patients["low"], two_patients["high"]) == (0, 1)


def test_all_films_come_first_and_each_source_is_a_part() -> None:
    answers = two_classes([0.9, 0.1] * 5, [True, False] * 5, source=["b", "a"] * 5)
    parts = figures.decisions_of(answers, CARD, resamples=20)
    assert {name: part["unsure"]["n"] for name, part in parts.items()} == {"all films": 10, "a": 5, "b": 5}
    assert list(parts) == ["all films", "a", "b"]
    assert list(figures.both_sides(answers)) == ["all films"]


def test_a_part_with_few_films_on_one_side_has_no_figure_for_it() -> None:
    answers = two_classes([0.9] * 6 + [0.1], [True] * 6 + [False])
    assert auroc(answers.report["pooled"]) == "too few on one side"
    point = figures.decisions_of(answers, CARD, resamples=50)["s"]["points"]["sensitivity_95"]
    assert point["specificity"]["value"] is None
    assert point["sensitivity"]["value"] == 1.0
    assert figures.calibration_of(answers) == {}


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["covid19"] * 6, "COVID-19 only"),
        (["normal"] * 6, "normal only"),
        (["covid19"] * 6 + ["pneumonia"] * 6, "no normal film"),
        (["covid19"] * 6 + ["normal"] * 4, "too few on one side"),
        (["covid19"] * 6 + ["normal"] * 6, "0.500 [0.500, 0.500]"),
    ],
)
def test_where_a_part_has_no_auroc_its_cell_says_why(labels: list[str], words: str) -> None:
    findings = ["covid19", "pneumonia", "normal"]
    answers = evaluation(np.full((len(labels), 3), 1 / 3), labels, findings)
    assert auroc(answers.report["pooled"]) == words


def test_groups_are_age_sex_and_projection_with_the_unknown_last() -> None:
    answers = two_classes(
        [0.9, 0.1, 0.2, 0.8],
        [True, False, False, True],
        source=["b", "a", "a", "b"],
        sex=["f", "", "M", "male"],
        view=["AP Supine", "", "PA", "ap"],
        age_group=["", "child", "adult", "child"],
    )
    groups = figures.groups_of(answers, CARD, resamples=20)
    counted = {kind: {name: part["n"] for name, part in parts.items()} for kind, parts in groups.items()}
    assert counted == {
        "age": {"adult": 1, "child": 2, "unknown": 1},
        "sex": {"female": 1, "male": 2, "unknown": 1},
        "projection": {"AP": 2, "PA": 1, "unknown": 1},
    }
    assert list(counted["sex"]) == ["female", "male", "unknown"]
    assert groups["sex"]["male"]["films"] == {"pneumonia": 1, "normal": 1}


def test_one_disease_against_another_ignores_what_is_said_of_the_third() -> None:
    labels = ["covid19"] * 6 + ["pneumonia"] * 6 + ["normal"] * 3
    ours = np.array([[0.02, 0.01, 0.97]] * 6 + [[0.3, 0.6, 0.1]] * 6 + [[1 / 3] * 3] * 3)
    answers = evaluation(
        ours,
        labels,
        ["covid19", "pneumonia", "normal"],
        source=["a"] * 9 + ["b"] * 6,
        age_group=["adult"] * 6 + ["child"] * 9,
    )
    found = figures.confounding_of(answers, "covid19", "pneumonia", resamples=20)
    assert found is not None
    assert found["auroc"]["value"] == 1.0
    assert found["covid19"] == {"children": 0, "alone": 0}
    assert found["pneumonia"] == {"children": 1, "alone": 0.5}
    assert figures.confounding_of(answers, "covid19", "normal", resamples=20) is None  # three normal films


def test_calibration_compares_what_is_said_with_what_is_so() -> None:
    few = two_classes([0.8, 0.2] * 10, [True, False] * 10)
    assert figures.calibration_of(few)["s"] == {
        "n": 20,
        "says": pytest.approx(0.5),
        "is": 0.5,
        "ece": None,  # of twenty films it would be chance
    }
    many = two_classes([0.8, 0.2] * 50, [True, False] * 50)
    assert figures.calibration_of(many)["s"]["ece"] == pytest.approx(0.2)


def test_the_reliability_table_counts_every_film_once() -> None:
    rows = reliability(np.array([0.05, 0.5, 0.52, 1.0]), np.array([False, True, False, True]), bins=10)
    assert rows == [
        (1, pytest.approx(0.05), 0.0),
        (2, pytest.approx(0.51), 0.5),
        (1, pytest.approx(1.0), 1.0),
    ]


def test_the_worst_source_is_named_for_each_kind_of_mistake() -> None:
    scores = [0.9] * 15 + [0.1] * 5 + [0.1] * 18 + [0.9] * 2 + [0.9] * 20 + [0.9] * 3
    abnormal = [True] * 20 + [False] * 20 + [True] * 20 + [False] * 3
    answers = two_classes(scores, abnormal, source=["a"] * 40 + ["b"] * 23)
    assert figures.mistakes_of(answers.report) == {
        "missed": {"source": "a", "finding": "pneumonia", "films": 20, "wrong": 5},
        "alarms": {"source": "a", "finding": "normal", "films": 20, "wrong": 2},  # b has three normal films
    }
    none = {"missed": None, "alarms": None}
    assert figures.mistakes_of(two_classes([0.1], [True]).report) == none
    assert figures.mistakes_of(two_classes([0.9] * 20, [True] * 20).report) == none


def test_films_of_training_come_from_the_card_with_what_their_source_gives_away() -> None:
    cells = {"train/a/normal": 3, "train/a/pneumonia": 1, "train/b/pneumonia": 4, "test/b/normal": 2}
    films = figures.training_films({"data": {"films": cells}})
    assert films["a"]["train"] == {"normal": 3, "pneumonia": 1}
    assert films["b"]["test"] == {"normal": 2}
    assert films["b"]["val"] == {}
    assert figures.source_tells(films) == pytest.approx(7 / 8)


def card_facts() -> dict[str, Any]:
    """Everything that the template asks for, of a card without pictures of films or drawn regions."""
    card = CARD | {
        "name": "mine", "version": "1.0.0", "intended_use": "Research use only. Not a medical device.",
        "architecture": "vgg16", "preprocessing": {"border": 0.04, "crop": "film"},
        "input_size": [224, 224, 1], "made": "2026-01-02T00:00:00",
        "calibration": {"method": "temperature scaling", "temperature": 1.0},
        "data": {
            "films": {"train/s|t/normal": 30, "train/s|t/pneumonia": 20},
            "licences": {"s|t": ["CC BY 4.0"]}, "fingerprint": "f00d",
        },
        "training": {"films_seen": 1000, "minutes": 2.0, "seed": 1, "libraries": {"keras": "3"}},
    }  # fmt: skip
    answers = two_classes([0.8, 0.2] * 10, [True, False] * 10, source=["s|t"] * 20)
    answers.report.update(
        {
            "refused_by_film_gate": 0, "unfamiliar": 0,
            "bundle": {"name": "mine", "version": "1.0.0", "checksum": "abcd"},
            "data": {"split": None, "films": 20, "fingerprint": "beef"},
        }
    )  # fmt: skip
    facts = measured(answers, card, resamples=20)
    paths = {name: f"pictures/card/{name}.png" for name in ("roc", "confusion", "reliability")}
    return facts | {"agreements": {}, "too_few_maps": [], "pictures": paths, "bundle_folder": "mine-1"}


def test_the_card_says_what_it_lacks() -> None:
    text = render(card_facts())
    assert "No class of any source has the 20 films that a mean map needs" in text
    assert "No regions drawn by radiologists were at hand" in text
    assert "On 20 films, the whole manifest" in text
    assert "not those that the network was trained with" in text
    assert "(too few for an ECE)" in text
    assert "COVID-19" not in text.replace("COVID-19 Radiography", "")
    assert "| s\\|t | CC BY 4.0 | normal 30, pneumonia 20 | – | – |" in text  # a bar stays inside its cell


@pytest.mark.parametrize("name", sorted(card_facts()))
def test_a_figure_that_the_template_asks_for_and_nobody_gives_stops_the_card(name: str) -> None:
    facts = card_facts()
    del facts[name]
    with pytest.raises(UndefinedError, match=name if name != "too_few_maps" else None):
        render(
            facts | ({"pictures": facts["pictures"] | {"mean_maps": "m.png"}} if "pictures" in facts else {})
        )


def test_paragraphs_are_filled_and_tables_left_alone() -> None:
    row = "| " + "a cell of many words " * 10 + "|"
    prose = "Of a hundred films 95 % were right. " * 9
    text = filled(
        f"{row}\n\n\n\n{prose}\n{prose}\n\n- one\n  point {prose}\n- another\n\n    a command   as is"
    )
    table, paragraph, points, command = text.split("\n\n")
    assert table == row
    assert paragraph.split() == (prose + prose).split()
    assert max(map(len, paragraph.splitlines())) <= 120
    assert not re.search(r"^%", paragraph, re.MULTILINE)
    assert points.startswith("- one point Of a hundred")
    assert points.splitlines()[1].startswith("  ")
    assert points.splitlines()[-1] == "- another"
    assert command == "    a command   as is\n"
