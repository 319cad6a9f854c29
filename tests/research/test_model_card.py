"""The model card: its figures part by part, and what it says where there is nothing to say."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.cnn.evaluation.manifest import Film, ManifestError
from diagnosis.cnn.preprocessing import FULL_FILM
from research.model_card.attention import Look, agreement, cells_of, mean_map, read_regions
from research.model_card.failures import failures_of
from research.model_card.figures import Answered, figures_of_part, pair_auroc, parts_of, reliability
from research.model_card.outline import lungs_outline
from research.model_card.studies import read_study, tables_of

CARD = {
    "operating_points": {"sensitivity_95": {"threshold": 0.5}},
    "unsure_band": {"lower": 0.3, "upper": 0.7},
}


def two_classes(p_abnormal: list[float], abnormal: list[bool], **facts: list[str]) -> Answered:
    """Films of one source, unless the facts say otherwise, and what a network of two classes said."""
    columns = {"source": ["s"] * len(abnormal)} | facts
    films = tuple(
        Film(
            file=f"{k}.png",
            label="pneumonia" if ill else "normal",
            **{name: values[k] for name, values in columns.items()},
        )
        for k, ill in enumerate(abnormal)
    )
    scores = np.array(p_abnormal)
    return Answered(films, np.stack([scores, 1 - scores], axis=1), ("pneumonia", "normal"))


def test_figures_of_a_part_are_what_a_person_would_count() -> None:
    scores = [0.9, 0.8, 0.75, 0.4, 0.1, 0.05, 0.1, 0.2, 0.35, 0.9]
    figures = figures_of_part(two_classes(scores, [True] * 5 + [False] * 5), CARD, resamples=50)
    assert figures.n == 10
    assert figures.points["sensitivity_95"]["sensitivity"] == pytest.approx(0.6)
    assert figures.points["sensitivity_95"]["specificity"] == pytest.approx(0.8)
    assert figures.decided.value == pytest.approx(0.8)  # all but 0.4 and 0.35
    assert figures.wrong_decided.value == pytest.approx(2 / 8)
    assert figures.wrong_unsure is not None
    assert figures.wrong_unsure.value == pytest.approx(0.5)  # 0.4 is abnormal, 0.35 is normal
    assert figures.accuracy.low < figures.accuracy.value < figures.accuracy.high
    assert figures.ece is None  # ten films


def test_a_part_with_few_films_on_one_side_has_no_figure_for_it() -> None:
    figures = figures_of_part(two_classes([0.9] * 6 + [0.1], [True] * 6 + [False]), CARD, resamples=50)
    assert figures.auroc is None
    assert figures.points["sensitivity_95"]["specificity"] is None
    assert figures.points["sensitivity_95"]["sensitivity"] == 1.0


def test_parts_are_source_age_sex_and_projection_with_the_unknown_last() -> None:
    answered = two_classes(
        [0.9, 0.1, 0.2, 0.8],
        [True, False, False, True],
        source=["b", "a", "a", "b"],
        sex=["f", "", "M", "male"],
        view=["AP Supine", "", "PA", "ap"],
        age_group=["", "child", "adult", "child"],
    )
    parts = parts_of(answered, CARD, resamples=20)
    counted = {kind: {name: part.n for name, part in values.items()} for kind, values in parts.items()}
    assert counted == {
        "source": {"a": 2, "b": 2},
        "age group": {"adult": 1, "child": 2, "unknown": 1},
        "sex": {"female": 1, "male": 2, "unknown": 1},
        "projection": {"AP": 2, "PA": 1, "unknown": 1},
    }
    assert list(counted["sex"]) == ["female", "male", "unknown"]


def test_one_class_against_another_ignores_what_is_said_of_the_third() -> None:
    labels = ["covid19"] * 6 + ["pneumonia"] * 6 + ["normal"] * 3
    ours = np.array([[0.02, 0.01, 0.97]] * 6 + [[0.3, 0.6, 0.1]] * 6 + [[1 / 3] * 3] * 3)
    films = tuple(Film(f"{k}", label, "s") for k, label in enumerate(labels))
    answered = Answered(films, ours, ("covid19", "pneumonia", "normal"))
    assert pair_auroc(answered, "covid19", "pneumonia", resamples=20).value == 1.0
    assert pair_auroc(answered, "covid19", "normal", resamples=20) is None  # three normal films


def test_the_reliability_table_counts_every_film_once() -> None:
    rows = reliability(np.array([0.05, 0.5, 0.52, 1.0]), np.array([False, True, False, True]), bins=10)
    assert [(low, high, films) for low, high, films, _, _ in rows] == [
        (0, 0.1, 1),
        (0.5, 0.6, 2),
        (0.9, 1, 1),
    ]
    assert rows[1][3:] == (pytest.approx(0.51), 0.5)


def test_failures_are_counted_by_kind_and_the_surest_come_first() -> None:
    answered = two_classes([0.9, 0.2, 0.05, 0.45, 0.95], [True, True, True, True, False])
    found = failures_of(answered, (0.3, 0.7), shown=2)["s"]
    assert found.kinds == {("pneumonia", "normal"): 3, ("normal", "pneumonia"): 1}
    assert [each.film.file for each in found.surest] == ["2.png", "4.png"]
    assert (found.missed, found.abnormal, found.alarms, found.normal) == (2, 4, 1, 1)


def test_a_mean_map_is_never_one_of_few_films() -> None:
    looks = [Look(np.full((7, 7), k / 40, np.float32), FULL_FILM, usual=True) for k in range(20)]
    mean, films = mean_map(looks)
    assert films == 20
    assert mean == pytest.approx(np.full((7, 7), 9.5 / 40))
    assert mean_map(looks[:19]) is None
    strange = Look(looks[0].activation, FULL_FILM, usual=False)
    assert mean_map([*looks[:19], strange]) is None


def test_films_behind_mean_maps_are_spread_over_the_cell() -> None:
    films = [Film(f"{k}", "normal", "big") for k in range(1000)] + [Film("x", "normal", "small")]
    cells = cells_of(films, most=100)
    assert len(cells["big", "normal"]) == 100
    assert (cells["big", "normal"][0], cells["big", "normal"][-1]) == (0, 999)
    assert cells["small", "normal"] == [1000]


def mask(path: Path, box: tuple[int, int, int, int]) -> Path:
    picture = Image.new("1", (70, 140), 0)
    picture.paste(1, box)
    picture.save(path)
    return path


def test_maps_agree_with_regions_as_far_as_their_mass_lies_inside(tmp_path: Path) -> None:
    left_half = mask(tmp_path / "left.png", (0, 0, 35, 140))
    flat = Look(np.full((7, 7), 0.5, np.float32), FULL_FILM, usual=True)
    peak = np.zeros((7, 7), np.float32)
    peak[3, 1] = 1.0
    names = [str(k) for k in range(6)]
    blind = agreement([flat] * 6, [[left_half]] * 6, names, resamples=20)
    assert (blind.n, blind.inside.value, blind.area) == (6, pytest.approx(0.5), pytest.approx(0.5))
    looks = [Look(peak, FULL_FILM, usual=True)] * 5 + [Look(np.fliplr(peak).copy(), FULL_FILM, usual=True)]
    seeing = agreement(looks, [[left_half]] * 6, names, resamples=20)
    assert seeing.hits.value == pytest.approx(5 / 6)
    assert seeing.inside.value > 0.8
    # what lies outside the box that the network saw counts neither as area nor as reached
    lower = Look(flat.activation, (0.0, 0.5, 0.5, 1.0), usual=True)
    assert agreement([lower] * 6, [[left_half]] * 6, names, resamples=20).area == pytest.approx(1.0)
    assert agreement([flat] * 6, [[]] * 6, names, resamples=20).n == 0


def test_regions_that_cannot_be_used_are_told_in_words(tmp_path: Path) -> None:
    table = tmp_path / "regions.csv"
    with pytest.raises(ManifestError, match="cannot be read"):
        read_regions(table)
    table.write_text("film,opacity\na.png,b.png\n")
    with pytest.raises(ManifestError, match=r"no film with drawn regions \(columns: file, ground_glass"):
        read_regions(table)
    table.write_text("file,left_lung,ground_glass\na.png,gone.png,\n")
    with pytest.raises(ManifestError, match=r"(?s)a\.png: no such file.*gone\.png: no such file"):
        read_regions(table)


@pytest.mark.parametrize(("crop", "seen"), [("lungs", FULL_FILM), ("film", (0.04, 0.04, 0.96, 0.96))])
def test_the_drawn_chest_lies_inside_what_the_network_sees(crop: str, seen: tuple[float, ...]) -> None:
    right, left = lungs_outline(crop, seen)
    both = np.concatenate([right, left])
    assert both.min() > 0
    assert both.max() < 1
    assert right[:, 0].max() < left[:, 0].min() + 0.2
    assert np.array_equal(right[0], right[-1])


def test_any_figures_of_another_command_become_tables() -> None:
    lines = tables_of(
        {
            "seeds": [1, 2, 3],
            "mean": {"value": 0.86, "low": 0.8, "high": 0.9},
            "sources": {"kermany": {"auroc": 0.91, "n": 80}, "nih": {"auroc": None, "plain": 0.7}},
            "blacked out": {"lungs": {"macro_auroc": 0.61}},
            "runs": [{"name": "first", "auroc": 0.5}, {"auroc": 0.25}],
            "options": {"learning_rate": 0.0004, "films_seen": 3600.0},
        }
    )
    text = "\n".join(lines)
    for words in (
        "| mean | 0.860 [0.800, 0.900] |",
        "| seeds | 1, 2, 3 |",
        "|  | auroc | n | plain |",
        "| kermany | 0.910 | 80 | – |",
        "| nih | – | – | 0.700 |",
        "### blacked out",
        "| macro auroc | 0.610 |",
        "| first | 0.500 |",
        "| 2 | 0.250 |",
        "| learning rate | 0.0004 |",
        "| films seen | 3600 |",
    ):
        assert words in text


@pytest.mark.parametrize("content", ["[1, 2]", "{", None])
def test_a_file_of_figures_that_is_none_is_told_in_words(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "loso.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ManifestError, match=r"loso\.json: these figures"):
        read_study(path)
