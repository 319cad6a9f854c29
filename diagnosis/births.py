"""Birth dates of which only a part may be known: read, compared and told without inventing the rest.

A birth date is a text: `1961`, `1961-04` or `1961-04-12`. It may be an estimate.
"""

import calendar
import contextlib
import re
from datetime import date
from typing import Final

LONGEST: Final = 10
GUESS_YEARS: Final = 2  # two guesses at one person's year, or a guess and the year, may differ by this much
FORMATS: Final = "1961, 1961-04 or 1961-04-12"

_SHAPES: Final = (
    re.compile(r"(\d{4})(?:([-./ ])(\d{1,2})(?:\2(\d{1,2}))?)?"),
    re.compile(r"(\d{4})()(\d\d)(\d\d)?"),
)


def read(text: str) -> str:
    """The birth date in its one spelling; raises ValueError, with words, for what is none."""
    for shape in _SHAPES:
        if found := shape.fullmatch(text.strip()):
            year, _, month, day = found.groups()
            with contextlib.suppress(ValueError):
                date(int(year), int(month or 1), int(day or 1))
                return "-".join([f"{int(year):04}", *(f"{int(part):02}" for part in (month, day) if part)])
    raise ValueError(f"Enter a valid date, or what is known of it: {FORMATS}.")


def first_day(birth: str) -> date:
    """The first day on which somebody with this birth date may have been born."""
    year, month, day = _parts(birth)
    return date(year, month or 1, day or 1)


def last_day(birth: str) -> date:
    """The last such day."""
    year, month, day = _parts(birth)
    month = month or 12
    return date(year, month, day or calendar.monthrange(year, month)[1])


def relied_on(birth: str, *, estimated: bool) -> str:
    """The part that somebody knew: the day of an estimate is a program's that asked for one."""
    return birth[:4] if estimated and len(birth) == LONGEST else birth


def in_words(birth: str | None, *, estimated: bool = False) -> str:
    """What is known: "12 Apr 1961", "April 1961", "1961", "about 1961"; empty where nothing is."""
    if not birth:
        return ""
    year, month, day = _parts(relied_on(birth, estimated=estimated))
    if day:
        return f"{day} {calendar.month_abbr[month]} {year}"
    known = f"{calendar.month_name[month]} {year}" if month else str(year)
    return f"about {known}" if estimated else known


def age_on(birth: str | None, day: date, *, estimated: bool = False) -> str:
    """The age in whole years on that day, "about 65" where that is open; empty if unknown."""
    if not birth:
        return ""
    known = relied_on(birth, estimated=estimated)
    first, last = first_day(known), last_day(known)
    oldest, youngest = _years(first, day), _years(last, day)
    if oldest == youngest and not estimated:
        return str(oldest)
    return f"about {max(0, _years(first + (last - first) / 2, day))}"


def compatible(one: str, other: str, *, guessed: bool = False) -> bool:
    """Whether both may be one person's birth date; `guessed`: one of them, at least, was estimated."""
    if guessed:
        return abs(int(one[:4]) - int(other[:4])) <= GUESS_YEARS
    return one.startswith(other) or other.startswith(one)


def _parts(birth: str) -> tuple[int, int, int]:
    """Year, month and day; 0 for what is not known."""
    year, month, day = (int(part) for part in [*birth.split("-"), "0", "0"][:3])
    return year, month, day


def _years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
