"""Marks are kept only as what they are: kinds, points, numbers of this study's films."""

import json
from typing import Any

import pytest

from diagnosis.imaging import marks

FILM = "0a6b1a9e-8b0c-4c7e-9d86-7f6d3a8f0001"
LENGTH = {"scan": FILM, "kind": "length", "points": [[0.1, 0.2], [0.3, 0.4]], "value": 24.06, "unit": "mm"}


def read(*found: Any) -> list[marks.Mark]:
    return marks.read(json.dumps(found), films=[FILM])


def test_a_measurement_is_kept_and_told_in_words() -> None:
    (kept,) = read(LENGTH)
    assert kept["points"] == [[0.1, 0.2], [0.3, 0.4]]
    assert marks.in_words(kept) == "Length 24.1 mm"
    assert marks.read("", films=[FILM]) == []
    assert marks.of_film([kept], "another") == []


@pytest.mark.parametrize(
    "spoilt",
    [
        {"scan": "another"}, {"kind": "scribble"}, {"points": [[0.1, 0.2]]}, {"points": "no"},
        {"points": [[0.1, None], [0, 0]]}, {"points": [[0.1, 1e9], [0, 0]]},
        {"value": True}, {"value": "24"}, {"unit": "miles"}, {"text": "x" * 500},
        {"kind": ["length"]}, {"kind": None}, {"scan": [FILM]}, {"unit": ["mm"]}, {"value": 10**400},
    ],
)  # fmt: skip
def test_anything_else_is_refused(spoilt: dict[str, Any]) -> None:
    with pytest.raises(marks.BadMarks):
        read(LENGTH | spoilt)


@pytest.mark.parametrize(
    "text",
    ["{", "{}", '[{"points": [[NaN, 0]]}]', "[" * 5000, json.dumps([LENGTH] * 61), " " * 50_000],
    ids=["cut", "object", "nan", "deep", "many", "long"],
)
def test_text_that_holds_no_marks_is_refused_without_an_error(text: str) -> None:
    with pytest.raises(marks.BadMarks):
        marks.read(text, films=[FILM])
