"""When two networks differ about a film."""

from dataclasses import dataclass
from typing import Final

from diagnosis.models import Triage

HALF: Final = 0.5
RULE: Final = (
    "One calls the film pathological and the other normal, or their probabilities of an abnormal film lie on "
    "different sides of 50 %."
)


@dataclass(frozen=True)
class Said:
    """A network's decision about a film; p_abnormal: 0-1."""

    triage: str
    p_abnormal: float


def sides(one: Said, other: Said) -> tuple[bool, bool]:
    """Whether each of the two takes the film for abnormal.

    By the triage where one says pathological and the other normal, else by the probability: "unsure" takes no
    side by itself, and a network whose limits were not fitted yet may say nothing else.
    """
    if {one.triage, other.triage} == {Triage.PATHOLOGICAL.value, Triage.NORMAL.value}:
        return one.triage == Triage.PATHOLOGICAL, other.triage == Triage.PATHOLOGICAL
    return one.p_abnormal >= HALF, other.p_abnormal >= HALF


def differs(one: Said, other: Said) -> bool:
    """Whether the two differ: see RULE."""
    first, second = sides(one, other)
    return first != second
