"""Who in the clinic may be the person that somebody is about to enter as a new patient.

Either the birth date is the same and the names are alike, or the number is off by one digit and nothing else
speaks against it: numbers are often given out in a row, so that a near number alone says nothing.
"""

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any, Final

from diagnosis import spelling
from diagnosis.models import Patient
from diagnosis.services import patients

MOST: Final = 5
LOOKED_THROUGH: Final = 200
ALIKE: Final = 0.75
DIGITS: Final = "0123456789"


def like(*, clinic: int, facts: Mapping[str, Any]) -> list[Patient]:
    """The patients who resemble these facts; none where the number is on record, for that decides."""
    number = spelling.key(facts.get("number") or "")
    own = Patient.objects.filter(clinic=clinic, merged_into=None)
    if not number or Patient.objects.filter(clinic=clinic, number_key=number).exists():
        return []
    names, born = _names(facts.get("first_name"), facts.get("last_name")), _day(facts.get("birth_date"))
    found = []
    for other in own.filter(number_key__in=_near(number)).order_by("pk")[:LOOKED_THROUGH]:
        theirs = _names(other.first_name, other.last_name)
        same_birth = bool(born) and other.birth_date == born
        if same_birth or not names or not theirs or _alike(names, theirs):
            found.append(other)
    if born and names:
        for other in own.filter(birth_date=born).order_by("pk")[:LOOKED_THROUGH]:
            if other not in found and _alike(names, _names(other.first_name, other.last_name)):
                found.append(other)
    return found[:MOST]


def _near(number: str) -> set[str]:
    """The numbers that are this one with a digit changed, left out, added, or two neighbours swapped."""
    found = set()
    for place, sign in enumerate(number):
        before, after = number[:place], number[place + 1 :]
        if sign.isdecimal():
            found |= {f"{before}{digit}{after}" for digit in DIGITS} | {before + after}
        if after and sign != after[0]:
            found.add(f"{before}{after[0]}{sign}{after[1:]}")
    for place in range(len(number) + 1):
        found |= {f"{number[:place]}{digit}{number[place:]}" for digit in DIGITS}
    return found - {number, ""}


def _names(*names: str | None) -> list[str]:
    return sorted(word for name in names for word in spelling.words(name or ""))


def _alike(names: list[str], theirs: list[str]) -> bool:
    """Whether the names may be one person's: in any order, a few letters apart, or one of them left out."""
    if not theirs:
        return False
    if set(names) <= set(theirs) or set(theirs) <= set(names):
        return True
    return SequenceMatcher(None, " ".join(names), " ".join(theirs)).ratio() >= ALIKE


def _day(birth: object) -> str:
    return str(patients.tidied(birth) or "")
