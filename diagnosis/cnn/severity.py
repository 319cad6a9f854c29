"""The two severity scores that follow from six graded lung zones.

A doctor grades each zone, so that nobody has to add: the graded sum and the count of zones with any opacity
come from the same six numbers. Readers agree on the grades far better than on the plain count, so the grades
are what is kept, and the count is derived.
"""

from collections.abc import Mapping
from typing import Final

ZONES: Final = ("A", "B", "C", "D", "E", "F")
"""Right upper, middle and lower; left upper, middle and lower, named as Borghesi and Maroldi name them."""

ZONE_NAMES: Final[Mapping[str, str]] = {
    "A": "right upper",
    "B": "right middle",
    "C": "right lower",
    "D": "left upper",
    "E": "left middle",
    "F": "left lower",
}
GRADES: Final[Mapping[int, str]] = {
    0: "none",
    1: "interstitial",
    2: "interstitial and alveolar, mostly interstitial",
    3: "interstitial and alveolar, mostly alveolar",
}
BRIXIA_MOST: Final = 18
SIX_ZONE_MOST: Final = 6


def brixia(zones: Mapping[str, int]) -> int | None:
    """The Brixia score, 0 to 18: the sum of six zones' grades; None unless all six are graded.

    Source: Borghesi A, Maroldi R. Radiol Med 2020;125:509-513, doi 10.1007/s11547-020-01200-3.
    """
    grades = _all_six(zones)
    return sum(grades) if grades else None


def six_zone(zones: Mapping[str, int]) -> int | None:
    """How many of the six zones show any opacity, 0 to 6; None unless all six are graded.

    Source: Toussie D et al. Radiology 2020;297:E197, doi 10.1148/radiol.2020201754; there it is of adults of
    21 to 50 years with a positive PCR.
    """
    grades = _all_six(zones)
    return sum(grade > 0 for grade in grades) if grades else None


def in_full(zones: Mapping[str, int]) -> str:
    """The graded sum with its zones, as the field writes it: "10 [2 3 1 1 2 1]"; "" unless all six are."""
    total = brixia(zones)
    return "" if total is None else f"{total} [{' '.join(str(zones[zone]) for zone in ZONES)}]"


def _all_six(zones: Mapping[str, int]) -> list[int]:
    """The six grades, or none of them. Raises ValueError for a grade or a zone that there is not."""
    for zone, grade in zones.items():
        if zone not in ZONES or isinstance(grade, bool) or grade not in GRADES:
            raise ValueError(f"zone {zone!r} cannot have the grade {grade!r}")
    return [zones[zone] for zone in ZONES] if len(zones) == len(ZONES) else []
