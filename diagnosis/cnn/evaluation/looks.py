"""How far two more looks at a film move a network's answer, and what one look alone would have told."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.cnn.decision import triage
from diagnosis.cnn.uncertainty import Reach, settled

RULE: Final = (
    "how far two more looks (mirrored, central 90 %) moved the plain answer on any film, up and down, in log "
    "odds of p_abnormal; a film is looked at once where its answer is farther than that from the other side "
    "of the unsure band"
)


FEWEST_FILMS: Final = 300  # on fewer, the farthest says little of the next film


def reach_for_card(looks: NDArray[np.floating], *, split: str) -> dict[str, Any]:
    """What a card says of looks, measured on a split's films: p_abnormal (n, 3), the plain look first."""
    if len(looks) < FEWEST_FILMS:
        return {}  # so every film is looked at three times
    reach = Reach.measured(looks)
    measured = {"up": reach.up, "down": reach.down, "films": len(looks), "split": split, "rule": RULE}
    return {"looks": measured}


def looks_figures(looks: NDArray[np.floating], card: dict[str, Any]) -> dict[str, Any]:
    """How far looks moved the answers of these films, and what that means by the card's band and reach.

    `farther`: films that moved farther than the card's reach. `once`: the share that is looked at once.
    `told_otherwise`: films among those that three looks would have left to a person. The last three are None
    where the card names no reach.
    """
    seen, reach = Reach.measured(looks), Reach.of_card(card)
    figures: dict[str, Any] = {"films": len(looks), "up": seen.up, "down": seen.down}
    if reach is None:
        return figures | {"farther": None, "once": None, "told_otherwise": None}
    band = (float(card["unsure_band"]["lower"]), float(card["unsure_band"]["upper"]))
    moved = [Reach.measured(film[np.newaxis]) for film in looks]
    once = [not reach.may_turn(float(film[0]), [band]) for film in looks]
    return figures | {
        "farther": sum(own.up > reach.up or own.down > reach.down for own in moved),
        "once": float(np.mean(once)),
        "told_otherwise": sum(
            alone and _told(film, band) != triage(float(film[0]), band)
            for film, alone in zip(looks, once, strict=True)
        ),
    }


def _told(looks: NDArray[np.floating], band: tuple[float, float]) -> str:
    said, *others = (triage(float(p), band) for p in looks)
    return settled(said, others)
