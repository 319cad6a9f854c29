"""What a doctor draws on a film: arrows, ellipses and measurements, checked before they are kept.

A point is a fraction of the picture's width and height, from its upper left corner, so that it lies in the
same place on a film of any size.
"""

import json
from collections.abc import Collection
from typing import Any, Final

POINTS: Final = {"arrow": (2,), "ellipse": (2,), "length": (2,), "angle": (3, 4), "ratio": (4,)}
"""By kind, how many points a mark may have. Ellipse: two corners of the box around it. Ratio: the heart's
two ends, then the thorax's; angle: three points, its corner in the middle, or two lines."""

UNITS: Final = {"length": ("mm", "px"), "angle": ("°",), "ratio": ("",)}
NAMES: Final = {
    "arrow": "Arrow",
    "ellipse": "Ellipse",
    "length": "Length",
    "angle": "Angle",
    "ratio": "Cardiothoracic ratio",
}
MOST: Final = 60
LONGEST: Final = 40_000  # letters of JSON
LONGEST_TEXT: Final = 120

Mark = dict[str, Any]


class BadMarks(ValueError):
    """What came cannot be kept as marks."""


def read(text: str, *, films: Collection[str]) -> list[Mark]:
    """The marks in a form's JSON, checked and written one way; raises BadMarks. `films`: theirs alone."""
    if len(text) > LONGEST:
        raise BadMarks("too many marks")
    try:
        found = json.loads(text or "[]", parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadMarks("no JSON") from error
    return checked(found, films=films)


def checked(found: Any, *, films: Collection[str]) -> list[Mark]:
    """The marks, as they are kept; raises BadMarks for anything else."""
    if not isinstance(found, list) or len(found) > MOST:
        raise BadMarks("too many marks" if isinstance(found, list) else "no list")
    return [_mark(one, films) for one in found]


def of_film(marks: list[Mark], film: str) -> list[Mark]:
    """Those of one film, without saying again whose they are."""
    return [
        {name: value for name, value in mark.items() if name != "scan"}
        for mark in marks
        if mark["scan"] == film
    ]


def upon(marks: list[Mark], corrections: Collection[str]) -> list[Mark]:
    """The marks with what was put right in the picture that they were drawn on, where that is anything."""
    return [{**mark, "corrections": sorted(corrections)} for mark in marks] if corrections else marks


def lies_on(mark: Mark, corrections: Collection[str]) -> bool:
    """Whether a mark still lies where it was drawn, on the picture that is shown now: it may be turned."""
    return sorted(mark.get("corrections", ())) == sorted(corrections)


def in_words(mark: Mark) -> str:
    """What a mark says: "Length 24.1 mm"."""
    value = mark.get("value")
    if value is None:
        return " ".join(part for part in (NAMES[mark["kind"]], mark["text"]) if part)
    unit = mark["unit"]
    number = f"{value:.2f}" if mark["kind"] == "ratio" else f"{value:.1f}"
    shown = f"{number}{'' if unit in ('', '°') else ' '}{unit}"
    return " ".join(part for part in (NAMES[mark["kind"]], shown, mark["text"]) if part)


def _mark(one: Any, films: Collection[str]) -> Mark:
    if not isinstance(one, dict) or not isinstance(kind := one.get("kind"), str) or kind not in POINTS:
        raise BadMarks("no such kind of mark")
    scan, text = one.get("scan"), one.get("text", "")
    if not isinstance(scan, str) or scan not in films:
        raise BadMarks("a mark on a film of another study")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT or not text.replace("\n", " ").isprintable():
        raise BadMarks("words that cannot be kept")
    points = one.get("points")
    if not isinstance(points, list) or len(points) not in POINTS[kind]:
        raise BadMarks("not the points of its kind")
    kept: Mark = {
        "scan": scan,
        "kind": kind,
        "points": [_point(point) for point in points],
        "text": text.strip(),
    }
    if kind in UNITS:
        kept |= {"value": _value(one.get("value")), "unit": _unit(one.get("unit", ""), kind)}
    return kept


def _point(point: Any) -> list[float]:
    if not isinstance(point, list) or len(point) != 2:
        raise BadMarks("a point has two numbers")
    return [round(_number(part, -1, 2), 5) for part in point]


def _value(value: Any) -> float:
    return round(_number(value, 0, 100_000), 3)


def _unit(unit: Any, kind: str) -> str:
    if unit not in UNITS[kind]:
        raise BadMarks("not a unit of its kind")
    return str(unit)


def _number(value: Any, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadMarks("not a number")
    if not least <= value <= most:  # nor is a number that is none, or that no float holds
        raise BadMarks("a number out of range")
    return float(value)


def _no_number(name: str) -> float:
    raise BadMarks(f"{name} is no number")
