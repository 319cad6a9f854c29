"""A chest drawn from geometry alone, to lay maps of activation over: it comes from no film."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.lungs import MARGIN
from diagnosis.cnn.preprocessing import Box, Crop

# The patient's right lung, which is on the left of a film, in the box around both lungs (0-1, 0 at the top).
RIGHT_LUNG: Final = (
    (0.29, 0.00), (0.16, 0.08), (0.07, 0.28), (0.02, 0.55), (0.00, 0.80), (0.01, 1.00),
    (0.10, 0.93), (0.22, 0.87), (0.34, 0.90), (0.40, 0.86),
    (0.41, 0.62), (0.43, 0.40), (0.42, 0.15), (0.38, 0.02),
)  # fmt: skip
# The other one, with the place of the heart.
LEFT_LUNG: Final = (
    (0.71, 0.00), (0.84, 0.08), (0.93, 0.28), (0.98, 0.55), (1.00, 0.80), (0.99, 1.00),
    (0.92, 0.95), (0.84, 0.91), (0.77, 0.92), (0.73, 0.80),
    (0.64, 0.62), (0.58, 0.42), (0.58, 0.15), (0.62, 0.02),
)  # fmt: skip
# Where lungs usually lie on a film that nobody cropped.
ON_A_FILM: Final[Box] = (0.13, 0.12, 0.87, 0.80)


def lungs_outline(crop: Crop, seen: Box) -> list[NDArray[np.float64]]:
    """The outlines (n, 2) of two lungs, x and y as shares 0-1 of what the network sees.

    crop: what it sees, the lungs' box or the film; seen: the part of the film that it sees then.
    """
    if crop == "lungs":
        inset = MARGIN / (1 + 2 * MARGIN)
        left, top, right, bottom = inset, inset, 1 - inset, 1 - inset
    else:
        wide, high = seen[2] - seen[0], seen[3] - seen[1]
        left, right = (ON_A_FILM[0] - seen[0]) / wide, (ON_A_FILM[2] - seen[0]) / wide
        top, bottom = (ON_A_FILM[1] - seen[1]) / high, (ON_A_FILM[3] - seen[1]) / high
    size, corner = np.array([right - left, bottom - top]), np.array([left, top])
    return [corner + size * _smooth(np.array(lung)) for lung in (RIGHT_LUNG, LEFT_LUNG)]


def _smooth(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """A closed polygon with its corners cut three times (Chaikin 1974), closed at its end."""
    for _ in range(3):
        following = np.roll(corners, -1, axis=0)
        corners = np.stack([0.75 * corners + 0.25 * following, 0.25 * corners + 0.75 * following], axis=1)
        corners = corners.reshape(-1, 2)
    return np.concatenate([corners, corners[:1]])
