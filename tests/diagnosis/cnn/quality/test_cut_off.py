"""Lungs that run out of the film, by the lung network's mask."""

import numpy as np
import pytest

from diagnosis.cnn.quality.cut_off import lungs_cut_off


def lungs(left: slice, right: slice, rows: slice = slice(8, 40)) -> np.ndarray:
    """A mask of two lungs, as columns of a 48 x 48 film."""
    mask = np.zeros((48, 48), np.float32)
    mask[rows, left] = mask[rows, right] = 0.9
    return mask


def test_two_whole_lungs_are_not_cut_off() -> None:
    assert not lungs_cut_off(lungs(slice(6, 20), slice(28, 42)))


@pytest.mark.parametrize(
    "mask",
    [
        lungs(slice(0, 14), slice(28, 42)),
        lungs(slice(6, 20), slice(34, 48)),
        lungs(slice(6, 20), slice(28, 42), slice(0, 40)),
        lungs(slice(6, 20), slice(28, 42), slice(8, 48)),
        lungs(slice(6, 20), slice(28, 30)),
    ],
    ids=["left edge", "right edge", "top", "bottom", "one lung missing"],
)
def test_lungs_at_the_edge_or_a_missing_one_are_told(mask: np.ndarray) -> None:
    assert lungs_cut_off(mask)
