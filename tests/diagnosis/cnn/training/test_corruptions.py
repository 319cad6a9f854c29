"""Films made worse: each change does what it says, and an audit counts what that does to answers."""

import numpy as np
import pytest
from PIL import Image

from diagnosis.cnn.training.data.corruptions import (
    CHANGES,
    MACHINES,
    MEASURED,
    OTHER_MACHINES,
    brought_back,
    by_another_machine,
    changes_named,
    compressed,
    darker_borders,
    equalised,
    grainy,
    lettered,
    reduced,
    sharper,
    smaller,
    softened,
    softer,
    toned,
)
from research.shortcuts.audit import figures_of_worse
from research.shortcuts.source_probe import Side
from tests.diagnosis.cnn.conftest import draw_film


def fine(film: Image.Image) -> float:
    """How much a film changes from one pixel to the next."""
    levels = np.asarray(film, dtype=float)
    return float(np.abs(np.diff(levels, axis=0)).mean() + np.abs(np.diff(levels, axis=1)).mean())


def test_each_change_moves_fine_texture_the_way_its_name_says() -> None:
    film, random = draw_film("covid19", 1), np.random.default_rng(0)
    assert fine(smaller(film, 0.5)) < fine(film)
    assert fine(softer(film, 1.0)) < fine(film)
    assert fine(sharper(film, 2.0, 100)) > fine(film)
    assert fine(grainy(film, 5.0, random)) > fine(film)
    for change in MEASURED.values():
        changed = change(film, random)
        assert (changed.size, changed.mode) == (film.size, "L")
        assert np.abs(np.asarray(changed, dtype=int) - np.asarray(film)).max() > 0


def edge(side: int) -> Image.Image:
    """Black on the left, white on the right."""
    levels = np.zeros((side // 4, side), np.uint8)
    levels[:, side // 2 :] = 255
    return Image.fromarray(levels)


def width_of_edge(film: Image.Image) -> float:
    """The standard deviation in pixels of what blurred an edge: that of the differences along a row."""
    row = np.diff(np.asarray(film, dtype=float)[film.height // 2])
    places = np.arange(len(row))
    centre = (row * places).sum() / row.sum()
    return float(np.sqrt((row * (places - centre) ** 2).sum() / row.sum()))


@pytest.mark.parametrize("radius", [1.5, 3.0])
def test_softening_is_stated_at_512_pixels_and_blurs_as_wide_a_part_of_any_film(
    radius: float,
) -> None:
    for side, pixels in ((512, radius), (1024, 2 * radius)):
        soft = softened(edge(side), radius)
        assert soft.size == (side, side // 4)
        assert width_of_edge(soft) == pytest.approx(pixels, rel=0.1)
    small = softened(edge(224), radius)  # brought up first: its edge was two pixels wide before the blur
    assert small.size == (512, 128)
    assert radius < width_of_edge(small) < radius + 1.0
    tall = softened(edge(1024).rotate(90, expand=True), radius)
    assert width_of_edge(tall.rotate(-90, expand=True)) == pytest.approx(2 * radius, rel=0.1)


def test_a_reduced_film_keeps_its_shape_and_one_that_is_small_already_its_pixels() -> None:
    film = draw_film("normal", 0, side=400).resize((400, 300))
    assert reduced(film, 224).size == (224, 168)
    assert reduced(film, 400) is film
    assert reduced(film, 512) is film
    back = brought_back(film, 112)
    assert back.size == film.size
    expected = film.resize((112, 84), Image.Resampling.BICUBIC).resize(film.size, Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(back, expected)


def test_tone_follows_the_power_of_each_level() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for gamma in (0.7, 1.4):
        toned_levels = np.asarray(toned(Image.fromarray(levels), gamma))
        np.testing.assert_array_equal(toned_levels, np.rint(255 * (levels / 255.0) ** gamma))
    assert toned_levels[8, 0] < 128  # the last one: above 1 is darker


def test_borders_are_half_as_bright_in_a_frame_of_eight_hundredths() -> None:
    framed = np.asarray(darker_borders(Image.new("L", (200, 100), 80)))
    inside = framed[8:92, 16:184]
    assert (inside == 80).all()
    assert (framed == 40).sum() == framed.size - inside.size


def test_a_letter_is_white_at_the_upper_right_and_all_else_is_untouched() -> None:
    film = draw_film("normal", 0, side=200).point([min(level, 200) for level in range(256)])
    marked, before = np.asarray(lettered(film)), np.asarray(film)
    rows, columns = np.nonzero(marked != before)
    assert (marked[rows, columns] == 255).all()
    assert (rows.min(), rows.max()) == (12, 28)
    assert (columns.min(), columns.max()) == (178, 188)
    assert (marked[14, 184], marked[27, 184]) == (before[14, 184], 255)  # an L, no block
    assert np.array_equal(before, np.asarray(film))


def test_local_contrast_is_evened_out() -> None:
    faint = Image.fromarray((100 + np.random.default_rng(0).integers(0, 20, (128, 128))).astype(np.uint8))
    assert np.asarray(equalised(faint)).std() > 2 * np.asarray(faint).std()


def test_the_catalogue_holds_every_change_that_is_measured_and_each_does_what_it_is_called() -> None:
    assert {*MEASURED, *OTHER_MACHINES} == set(CHANGES)
    film, wide = draw_film("covid19", 1, side=256), draw_film("covid19", 1, side=640)
    random = np.random.default_rng
    same = {
        "compressed": compressed(wide, 40),
        "grainy": grainy(wide, 5.0, random(0)),
        "softened_1.5": softened(wide, 1.5),
        "softened_3": softened(wide, 3.0),
        "softer_3": softer(wide, 3.0),
        "reduced_299": reduced(wide, 299),
        "reduced_224": reduced(wide, 224),
        "brought_back_112": brought_back(wide, 112),
        "equalised": equalised(wide),
        "gamma_0.7": toned(wide, 0.7),
        "gamma_1.4": toned(wide, 1.4),
        "darker_borders": darker_borders(wide),
        "lettered": lettered(wide),
    }
    assert set(same) == set(OTHER_MACHINES)
    for name, expected in same.items():
        np.testing.assert_array_equal(OTHER_MACHINES[name](wide, random(0)), expected, err_msg=name)
        assert OTHER_MACHINES[name](film, random(0)).mode == "L"
    with pytest.raises(KeyError):
        changes_named(["nothing"])


def test_a_film_by_another_machine_is_another_picture_of_the_same_chest() -> None:
    film = draw_film("pneumonia", 2, side=640)
    pixels, random = np.asarray(film, dtype=np.float32) / 255, np.random.default_rng
    copies = [by_another_machine(pixels, random(seed)) for seed in range(40)]
    for copy in copies:
        assert (copy.ndim, copy.dtype) == (2, np.float32)
        assert 0 <= copy.min() < copy.max() <= 1
        assert copy.shape != pixels.shape or np.abs(copy - pixels).max() > 0
        # The same chest: coarse squares keep their order of brightness.
        coarse = [np.asarray(Image.fromarray(part).resize((8, 8))).ravel() for part in (copy, pixels)]
        assert np.corrcoef(coarse)[0, 1] > 0.8
    assert len({copy.tobytes() for copy in copies}) == 40
    assert np.array_equal(copies[3], by_another_machine(pixels, random(3)))
    for change in MACHINES:
        assert change(film, random(0)).mode == "L"


def test_an_audit_counts_films_whose_answer_a_change_overturns() -> None:
    labels = np.array([0, 0, 2, 2])
    side = Side(np.array(list("aaaa")), np.arange(4).astype(str), labels, {})
    p_abnormal = np.array([0.9, 0.8, 0.1, 0.5])

    def answers(p: np.ndarray) -> np.ndarray:
        return np.stack([p, np.zeros(4), 1 - p], axis=1)

    moved = np.stack([answers(p_abnormal)] * len(MEASURED), axis=1)
    # Two are turned; the others only become unsure, or were.
    moved[:, 0] = answers(np.array([0.1, 0.5, 0.9, 0.9]))
    rows = figures_of_worse(side, answers(p_abnormal), moved, (0.3, 0.7), resamples=10)
    assert list(rows) == ["untouched", *MEASURED]
    assert rows["untouched"]["decided"] == 0.75
    changed = rows[next(iter(MEASURED))]
    assert changed["overturned"] == 0.5
    assert changed["shift"] == pytest.approx(0.025)
    assert changed["auroc_abnormal"]["value"] == 0.0
