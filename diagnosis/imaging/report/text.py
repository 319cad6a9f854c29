"""Lines of text in any script: where they break, and in which order their letters stand on paper.

Arabic letters take the shape of their place in the word, and run from right to left; numbers and Latin words
between them do not. A line is broken in the order of reading, and turned around afterwards.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from arabic_reshaper import ArabicReshaper
from bidi import get_display

from diagnosis.imaging.report.fonts import Letters

_SHAPER: Final = ArabicReshaper({"delete_harakat": False, "support_zwj": True})
_WIDE: Final = ("W", "F")


@dataclass(frozen=True)
class Line:
    """A line as it is drawn, from left to right; `to_right`: it begins at the right edge."""

    text: str
    to_right: bool = False


def shaped(text: str) -> str:
    """The text with each Arabic letter in the shape of its place, still in the order of reading."""
    return str(_SHAPER.reshape(unicodedata.normalize("NFC", text)))


def from_right(text: str) -> bool:
    """Whether the text runs from right to left, by its first letter that has a direction."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def displayed(text: str, *, to_right: bool | None = None) -> str:
    """One line as its letters stand on paper, from left to right."""
    turned = from_right(text) if to_right is None else to_right
    return str(get_display(shaped(text), base_dir="R" if turned else "L"))


def lines(text: str, width: float, *, letters: Letters, weight: int, size: float) -> list[Line]:
    """The text broken into lines no wider than this; an empty line stays one."""
    found: list[Line] = []
    for paragraph in text.replace("\t", "    ").split("\n"):
        turned = from_right(paragraph)
        broken = _broken(paragraph, width, letters, weight, size) if paragraph.strip() else [""]
        found += [Line(displayed(line, to_right=turned), turned) for line in broken]
    return found


def _broken(text: str, width: float, letters: Letters, weight: int, size: float) -> list[str]:
    found, line = [], ""
    for piece in _pieces(text):
        if letters.width(shaped(line + piece.rstrip()), weight, size) <= width:
            line += piece
            continue
        if line.strip():
            found.append(line.rstrip())
        line = piece
        while letters.width(shaped(line.rstrip()), weight, size) > width:
            head = _longest(line, width, letters, weight, size)
            found.append(line[:head])
            line = line[head:]
    return [*found, line.rstrip()]


def _longest(word: str, width: float, letters: Letters, weight: int, size: float) -> int:
    """How many letters of a word that is too long for a line fit into one."""
    fits = 1
    while fits < len(word) and letters.width(shaped(word[: fits + 1]), weight, size) <= width:
        fits += 1
    return fits


def _pieces(text: str) -> Iterator[str]:
    """What is not broken: a word with the spaces behind it, or a single Chinese letter."""
    piece = ""
    for letter in text:
        if piece and letter != " " and _breaks(piece, letter):
            yield piece
            piece = ""
        piece += letter
    if piece:
        yield piece


def _breaks(piece: str, letter: str) -> bool:
    """Whether a line may end between the two: at a space, or beside a Chinese letter but before a mark."""
    if piece[-1] == " ":
        return True
    wide = unicodedata.east_asian_width(letter) in _WIDE or _is_wide(piece)
    return wide and not unicodedata.category(letter).startswith("P")


def _is_wide(piece: str) -> bool:
    return unicodedata.east_asian_width(piece.rstrip()[-1:] or " ") in _WIDE
