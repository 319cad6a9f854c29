"""The heatmap lies where the evidence is, in the film's own frame."""

import io

import numpy as np
from PIL import Image

from diagnosis.cnn.heatmap import colour_table, film_frame, overlay, recoloured

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


def test_the_overlay_fades_out_towards_the_edge_of_what_the_network_saw() -> None:
    box = (0.1, 0.1, 0.9, 0.9)
    picture = Image.open(io.BytesIO(overlay(np.ones((7, 7), np.float32), width=500, height=500, box=box)))
    row = np.asarray(picture.convert("RGBA"))[250, :, 3].astype(int)
    assert row[40] == 0
    assert 0 < row[56] < row[62] < row[250]
    assert row[56] < 80  # no hard edge, which would look like a finding


def test_strength_is_opacity_in_one_hue_and_never_brightness() -> None:
    table = colour_table()
    assert len({tuple(colour) for colour in table[:, :3].tolist()}) == 1
    outside = np.delete(table[:, 3].astype(int), np.flatnonzero(table[:, 3] == 255))
    assert (np.diff(outside) >= 0).all()
    assert table[0, 3] == 0


def test_the_strongest_part_is_outlined() -> None:
    table = colour_table()
    assert table[round(0.71 * 255), 3] == 255 > table[255, 3]


def test_an_overlay_of_other_colours_keeps_its_levels_and_gets_todays() -> None:
    made = overlay(spot(3, 3), width=200, height=160, box=WITHOUT_BORDER)
    old = Image.open(io.BytesIO(made))
    levels = np.asarray(old)
    old.putpalette(bytes(range(256)) * 3)
    stream = io.BytesIO()
    old.save(stream, "PNG", transparency=bytes(256))
    new = Image.open(io.BytesIO(recoloured(stream.getvalue())))
    np.testing.assert_array_equal(np.asarray(new.convert("RGBA")), colour_table()[levels])


def test_weak_evidence_leaves_the_film_clear() -> None:
    table = colour_table()
    assert not table[: int(0.15 * 255), 3].any()
    assert table[int(0.2 * 255), 3] > 0


def test_a_small_films_overlay_is_no_larger_than_the_film() -> None:
    picture = Image.open(io.BytesIO(overlay(spot(3, 3), width=300, height=240, box=WITHOUT_BORDER)))
    assert picture.size == (300, 240)
