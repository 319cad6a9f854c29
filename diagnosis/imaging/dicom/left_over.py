"""Looks once more whether a cleaned film names its patient, in an attribute that ought to be harmless."""

import re
from collections.abc import Iterator
from typing import Any, Final

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

SHORTEST: Final = 3  # letters of a part of a name
SHORTEST_NUMBER: Final = 4
_LETTERS: Final = ("CS", "LO", "SH", "LT", "ST", "UT", "UC", "UR", "PN", "AE")
_BYTES: Final = ("OB", "OW", "UN")
_PIXELS: Final = 0x7FE0
_MADE_HERE: Final = ("PatientID", "DeidentificationMethod", "DeidentificationMethodCodeSequence")
_PARTS: Final = re.compile(r"[\W_]+")


def still_named(clean: Dataset, film: Dataset) -> str:
    """The keyword of an attribute that repeats the patient's name or number as a word of its own; "" if none.

    clean, film: the cleaned film and what it was made from.
    """
    words = _words_of(film)
    for element in _elements(clean):
        if words & _words_in(element, words):
            return element.keyword or f"{element.tag}"
    return ""


def _words_of(film: Dataset) -> frozenset[str]:
    named = _parts(str(film.get("PatientName", "")).split("="))
    numbered = _parts([str(film.get("PatientID", ""))])
    found = {word for word in named if len(word) >= SHORTEST and not word.isdecimal()}
    return frozenset(found | {word for word in numbered if len(word) >= SHORTEST_NUMBER})


def _parts(texts: list[str]) -> set[str]:
    return {part.casefold() for text in texts for part in [*_PARTS.split(text), text.strip()] if part}


def _elements(dataset: Dataset) -> Iterator[DataElement]:
    for element in dataset:
        if element.keyword in _MADE_HERE or element.tag.group == _PIXELS:
            continue
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _elements(item)
        else:
            yield element


def _words_in(element: DataElement, words: frozenset[str]) -> set[str]:
    value: Any = element.value
    if element.VR in _LETTERS:
        return _parts([str(value)] if isinstance(value, str) else [str(one) for one in value or ()])
    if element.VR in _BYTES and isinstance(value, bytes):
        text = value.decode("latin-1").casefold()
        return {word for word in words if len(word) > SHORTEST and word in text}
    return set()
