"""Where the network was wrong: how often and in which way, source by source, and where it was surest."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from diagnosis.cnn.evaluation.calibration import p_abnormal
from diagnosis.cnn.evaluation.manifest import Film
from research.model_card.figures import Answered

SHOWN: Final = 3


@dataclass(frozen=True)
class Wrong:
    """One film that was called something else: its place among the answered, and how sure the network was."""

    place: int
    film: Film
    said: str
    probability: float


@dataclass(frozen=True)
class Failures:
    """Of one source: films, wrong ones by (true, said) with the commonest first, and the surest ones.

    abnormal, normal: films of each side; missed: abnormal films below the unsure band, which nobody is told
    to look at; alarms: normal films above it.
    """

    films: int
    abnormal: int
    normal: int
    missed: int
    alarms: int
    kinds: dict[tuple[str, str], int]
    surest: tuple[Wrong, ...]

    @property
    def wrong(self) -> int:
        """How many films were called something else than what they are."""
        return sum(self.kinds.values())


def failures_of(answered: Answered, band: tuple[float, float], *, shown: int = SHOWN) -> dict[str, Failures]:
    """By source: what the likeliest class got wrong, what the unsure band (lower, upper) did not catch, and
    the `shown` films that it was surest about."""
    scores, abnormal = p_abnormal(answered.probabilities, answered.labels)
    labels, said = answered.labels, answered.probabilities.argmax(axis=1)
    found = {}
    for source in sorted({film.source for film in answered.films}):
        here = np.array([film.source == source for film in answered.films])
        places = np.flatnonzero(here & (said != labels))
        wrong = [
            Wrong(
                int(place),
                answered.films[place],
                answered.findings[said[place]],
                float(answered.probabilities[place, said[place]]),
            )
            for place in places
        ]
        kinds = Counter((each.film.label, each.said) for each in wrong)
        wrong.sort(key=lambda each: (-each.probability, each.film.file))
        found[source] = Failures(
            films=int(here.sum()),
            abnormal=int((here & abnormal).sum()),
            normal=int((here & ~abnormal).sum()),
            missed=int((here & abnormal & (scores < band[0])).sum()),
            alarms=int((here & ~abnormal & (scores >= band[1])).sum()),
            kinds=dict(kinds.most_common()),
            surest=tuple(wrong[:shown]),
        )
    return found
