"""What is told of a film by limits other than those on the network's card, or by none."""

from collections.abc import Mapping, Sequence

import numpy as np

from diagnosis.cnn.decision import Triage, finding_in_line, triage
from diagnosis.cnn.uncertainty import Reach, settled


def told(
    probabilities: Mapping[str, float],
    looks: Sequence[float],
    *,
    band: tuple[float, float] | None,
    doubtful: bool,
    reach: Reach | None = None,
) -> tuple[str, Triage]:
    """The finding and the triage of an answer by the limits `band`; without limits it is "unsure".

    probabilities: by finding, "normal" last. looks: p_abnormal of each look. doubtful: whether the film
    itself is why a person reads it first. reach: by which one look was found to be enough. The same rules as
    the classifier's, by the clinic's limits: an answer of one look is "unsure" where others might turn it.
    """
    values = np.array(list(probabilities.values()), dtype=np.float32)
    said: Triage = "unsure"
    if band is not None and not doubtful and not _looked_too_little(looks, band, reach):
        first, *sides = (triage(p, band) for p in (1.0 - list(probabilities.values())[-1], *looks))
        said = settled(first, sides)
    return finding_in_line(values, said, list(probabilities)), said


def _looked_too_little(looks: Sequence[float], band: tuple[float, float], reach: Reach | None) -> bool:
    """Whether one look was enough for other limits than these, which came into force meanwhile."""
    return len(looks) == 1 and (reach is None or reach.may_turn(looks[0], [band]))
