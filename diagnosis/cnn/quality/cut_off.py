"""Whether the lungs, as the lung network found them, run out of the film, or one of them is missing."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Shares of an edge that lie on lung. Of whole films the tips may touch the top (of children's often), and the
# bases the bottom.
AT_A_SIDE, AT_THE_TOP, AT_THE_BOTTOM = 0.35, 0.45, 0.5
LEAST_HALF: Final = 0.35  # of the larger lung's area, for the smaller: less is a lung that is not there


def lungs_cut_off(mask: NDArray[np.float32]) -> bool:
    """Whether a mask (n, n), 0-1, of the whole film shows lungs that the film does not hold whole."""
    lung = mask > 0.5
    if max(lung[:, 0].mean(), lung[:, -1].mean()) > AT_A_SIDE:
        return True
    if lung[0].mean() > AT_THE_TOP or lung[-1].mean() > AT_THE_BOTTOM:
        return True
    middle = lung.shape[1] // 2
    halves = lung[:, :middle].sum(), lung[:, middle:].sum()
    return bool(min(halves) < LEAST_HALF * max(halves))
