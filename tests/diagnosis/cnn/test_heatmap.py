"""The heatmap lies where the evidence is, in the film's own frame."""

import io

import numpy as np
from PIL import Image

from diagnosis.cnn.heatmap import colour_table, film_frame, overlay

WITHOUT_BORDER = (0.04, 0.04, 0.96, 0.96)


def spot(row: int, column: int) -> np.ndarray:
    activation = np.zeros((7, 7), dtype=np.float32)
    activation[row, column] = 1.0
    return activation


def test_a_cell_lands_where_it_came_from() -> None:
    frame = film_frame(spot(1, 5), width=1000, height=600, box=WITHOUT_BORDER)
    y, x = np.unravel_index(frame.argmax(), frame.shape)
    assert frame.shape == (600, 1000)
    assert abs(y - (24 + 552 * 1.5 / 7)) < 12  # border, then the middle of the second of seven rows
    assert abs(x - (40 + 920 * 5.5 / 7)) < 12


def test_the_border_that_the_network_never_saw_stays_empty() -> None:
    frame = film_frame(np.ones((7, 7), np.float32), width=500, height=500, box=WITHOUT_BORDER)
    assert not frame[:20].any()
    assert not frame[:, -20:].any()
    assert (frame[20:-20, 20:-20] > 0.99).all()


def test_a_box_that_lies_off_centre_is_put_back_where_it_was_cut() -> None:
    frame = film_frame(np.ones((7, 7), np.float32), width=400, height=200, box=(0.25, 0.1, 0.5, 0.9))
    assert (frame[20:180, 100:200] > 0.99).all()
    frame[20:180, 100:200] = 0.0
    assert not frame.any()


def test_a_box_at_the_films_edge_keeps_its_peak_at_that_edge() -> None:
    frame = film_frame(spot(6, 6), width=300, height=300, box=(0.5, 0.5, 1.0, 1.0))
    y, x = np.unravel_index(frame.argmax(), frame.shape)
    assert min(y, x) > 270


def test_overlay_is_a_transparent_png_of_the_films_shape() -> None:
    picture = Image.open(io.BytesIO(overlay(spot(3, 3), width=3000, height=2400, box=WITHOUT_BORDER)))
    assert (picture.format, picture.size) == ("PNG", (1024, 819))
    alpha = np.asarray(picture.convert("RGBA"))[..., 3]
    assert alpha[0, 0] == 0
    assert alpha.max() > 150
    assert overlay(np.zeros((7, 7), np.float32), width=1, height=1, box=WITHOUT_BORDER)


def test_the_overlay_shows_each_level_in_its_colour_and_opacity() -> None:
    activation = np.linspace(0, 1, 49, dtype=np.float32).reshape(7, 7)
    picture = Image.open(io.BytesIO(overlay(activation, width=120, height=90, box=(0.0, 0.1, 1.0, 0.8))))
    frame = film_frame(activation, width=120, height=90, box=(0.0, 0.1, 1.0, 0.8))
    expected = colour_table()[np.rint(frame * 255).astype(np.uint8)]
    np.testing.assert_array_equal(np.asarray(picture.convert("RGBA")), expected)


def test_colours_grow_brighter_all_the_way_and_begin_clear() -> None:
    table = colour_table().astype(float)
    luma = table[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luma) > -0.6).all()
    assert luma[-1] - luma[0] > 150
    assert (np.diff(table[:, 3]) >= 0).all()
    assert table[0, 3] == 0


def test_weak_evidence_leaves_the_film_clear() -> None:
    table = colour_table()
    assert not table[: int(0.15 * 255), 3].any()
    assert table[int(0.2 * 255), 3] > 0


def test_a_small_films_overlay_is_no_larger_than_the_film() -> None:
    picture = Image.open(io.BytesIO(overlay(spot(3, 3), width=300, height=240, box=WITHOUT_BORDER)))
    assert picture.size == (300, 240)
