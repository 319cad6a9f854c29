"""Batches are a function of seed and step; what is hidden has no right answer."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from diagnosis.cnn.evaluation.manifest import Film
from diagnosis.cnn.training.batches import BatchMaker
from diagnosis.cnn.training.data.augmentation import AugmentationOptions
from diagnosis.cnn.training.data.films import FilmArray, mask_in_box
from diagnosis.cnn.training.data.occlusion import only_lungs, without_lungs, without_marks
from diagnosis.cnn.training.options import TrainingOptions

SIDE = 32
STILL = TrainingOptions(batch=6, seed=3, consistency=0.0, augmentation=AugmentationOptions.none())


def lungs() -> NDArray[np.uint8]:
    mask = np.zeros((48, 48), np.uint8)
    mask[12:36, 6:20] = mask[12:36, 28:42] = 255
    return mask


def films() -> FilmArray:
    """Twelve flat films, the grey level their number; two classes in two sources each."""
    cells = [("covid19", "a"), ("covid19", "b"), ("normal", "a"), ("normal", "b")]
    rows = [cells[k % 4] for k in range(12)]
    return FilmArray(
        films=tuple(Film(f"{k}.png", label, source) for k, (label, source) in enumerate(rows)),
        pixels=np.stack([np.full((SIDE, SIDE), 20 * k, np.uint8) for k in range(12)]),
        changed=np.stack([np.full((SIDE, SIDE), 20 * k + 5, np.uint8) for k in range(12)]),
        masks=np.stack([lungs()] * 12),
        labels=np.array([0 if label == "covid19" else 2 for label, _ in rows], np.int32),
    )


def maker(**changes: Any) -> BatchMaker:
    options = replace(STILL, **changes)
    return BatchMaker(films(), np.full(12, 1 / 12), options)


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    options: dict[str, Any] = {"augmentation": AugmentationOptions()}
    first = maker(**options).make(7, SIDE)
    again = maker(**options)
    again.make(2, SIDE)
    assert np.array_equal(first.pixels, again.make(7, SIDE).pixels)
    assert not np.array_equal(first.pixels, again.make(8, SIDE).pixels)
    assert not np.array_equal(first.pixels, maker(**options, seed=4).make(7, SIDE).pixels)


def test_films_without_lungs_have_no_right_answer_and_others_keep_theirs() -> None:
    hidden = maker(augmentation=replace(AugmentationOptions.none(), hide_lungs=1.0)).make(0, SIDE)
    assert hidden.targets == pytest.approx(np.full((6, 3), 1 / 3))
    outside = maker(augmentation=replace(AugmentationOptions.none(), hide_outside=1.0)).make(0, SIDE)
    for batch in (maker().make(0, SIDE), outside):
        assert batch.targets.sum(axis=1).tolist() == [1.0] * 6
        assert batch.targets.max(axis=1).tolist() == [1.0] * 6
    plain = maker().make(0, SIDE)  # a film's grey level is its number, and so tells its label
    numbers = plain.pixels.mean(axis=(1, 2, 3)) / 20
    assert plain.targets.argmax(axis=1).tolist() == films().labels[numbers.round().astype(int)].tolist()


def test_painting_covers_the_lungs_or_all_but_them() -> None:
    random = np.random.default_rng(1)
    film = np.full((96, 96), 77, np.uint8)
    inside = Image.fromarray(lungs()).resize((96, 96), Image.Resampling.NEAREST)
    core = np.asarray(inside.filter(ImageFilter.MinFilter(9))) > 0
    far = np.asarray(inside.filter(ImageFilter.MaxFilter(25))) == 0
    for _ in range(20):
        hidden = without_lungs(film, lungs(), random)
        assert (hidden[far] == 77).all()
        kept = only_lungs(film, lungs(), np.zeros_like(film), random)
        assert (kept[core] == 77).all()
    assert (without_lungs(film, lungs(), np.random.default_rng(0))[core] != 77).any()


def test_letters_and_wires_outside_the_lungs_are_taken_off_and_ribs_and_lungs_stay() -> None:
    film = np.tile(np.rint(90 + 25 * np.sin(np.arange(96) / 4)).astype(np.uint8)[:, None], (1, 96))  # ribs
    marked = film.copy()
    marked[4:12, 44:47] = 250  # a letter between the lungs
    marked[88:91, 2:94] = 240  # a wire below them
    marked[40:42, 20:30] = 250  # a thin bright line inside one
    cleaned = without_marks(marked, lungs())
    assert np.abs(cleaned[2:14, 42:49].astype(int) - film[2:14, 42:49]).max() <= 30
    assert np.abs(cleaned[86:93].astype(int) - film[86:93]).max() <= 30
    assert (cleaned[40:42, 20:30] == 250).all()
    assert np.array_equal(without_marks(film, lungs()), film)


def test_marks_are_taken_off_the_share_of_films_that_the_options_ask_for() -> None:
    array = films()
    array.pixels[:, 1:3, 14:18] = 255
    options = replace(AugmentationOptions.none(), erase_marks=0.5)
    half = BatchMaker(array, np.full(12, 1 / 12), replace(STILL, batch=200, augmentation=options))
    dark = half.make(0, SIDE).pixels
    marked = [(film[1:3, 14:18] == 255).all() for film in dark if film.mean() < 160]
    assert 0.35 < np.mean(marked) < 0.65


def test_a_mask_is_seen_through_the_box_that_the_film_is_cropped_to() -> None:
    mask = np.zeros((48, 48), np.float32)
    mask[:, :24] = 1.0
    seen = mask_in_box(mask, (0.25, 0.0, 0.75, 1.0))
    assert (seen[:, :22] == 255).all()
    assert (seen[:, 26:] == 0).all()


def test_pairs_are_films_and_the_same_films_by_another_machine_with_the_same_answer() -> None:
    array = films()
    paired = BatchMaker(array, np.full(12, 1 / 12), replace(STILL, batch=8, consistency=1.0)).make(0, SIDE)
    first, copies = np.split(paired.pixels, 2)
    assert first.shape == (4, SIDE, SIDE, 1)
    assert np.array_equal(*np.split(paired.targets, 2))
    assert (copies == first + 5).all()  # as the drawn copies are
    hidden = replace(AugmentationOptions.none(), hide_lungs=1.0)
    options = replace(STILL, batch=8, consistency=1.0, augmentation=hidden)
    whole, same = np.split(BatchMaker(array, np.full(12, 1 / 12), options).make(0, SIDE).pixels, 2)
    for film, copy in zip(whole, same, strict=True):  # painted alike, in the same places
        assert set(np.unique(copy - film)) <= {0, 5}
    with pytest.raises(ValueError, match="pairs of films, not 7 films"):
        replace(STILL, batch=7, consistency=1.0)
