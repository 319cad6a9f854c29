"""Guesses a film's patient number from its header or its file's name; nothing at all where there is doubt.

A wrong number is worse than none: it may be somebody else's. So a name with two candidates gives none, and so
do dates, times, identifiers, the counters of cameras and whatever programs name their pictures after.
"""

import re
from datetime import date
from pathlib import PurePosixPath
from typing import Final

from django.conf import settings

from diagnosis import spelling
from diagnosis.imaging.dicom.header import read_facts
from diagnosis.imaging.dicom.people import is_nobody
from diagnosis.imaging.header import MIN_SIDE, FilmSource
from diagnosis.imaging.header.other_kinds import START, is_dicom
from diagnosis.imaging.refusal import FilmRefused

_LETTERS_FIRST: Final = re.compile(r"([A-Za-z]{1,4})(-?)(\d{2,10})")
_DIGITS: Final = re.compile(r"\d{4,10}")
_TWO_PARTS: Final = re.compile(r"\d{2,4}-\d{3,7}")  # of a year: 24-1042
_APART: Final = re.compile(r"[\s_.,;+#&=~]+")
_IN_BRACKETS: Final = re.compile(r"[(\[{][^)\]}]*[)\]}]")  # "(2)": the second copy
_UID: Final = re.compile(r"\d+(\.\d+){2,}")
_DAY: Final = re.compile(r"(?<!\d)(\d{4}[-.]\d{1,2}[-.]\d{1,2}|\d{1,2}[-.]\d{1,2}[-.](\d{4}|\d{2}))(?!\d)")
_ONE_OF_MANY: Final = re.compile(r"\d+\s*(of|von|de|x|×)\s*\d+", re.IGNORECASE)  # "2 of 40", "1024 x 768"
_PROGRAMS: Final = ("whatsapp", "screenshot", "signal", "telegram", "screen shot", "bildschirmfoto", "fb_img")
# What cameras, scanners and X-ray rooms write before a counter or a setting, alone or with it.
_COUNTS: Final = frozenset({
    "age", "ap", "apr", "aug", "burst", "cam", "cap", "chst", "cimg", "clip", "copy", "cr", "cxr", "day",
    "dcm", "dec", "dica", "dicm", "dj", "dji", "dr", "dsc", "dscf", "dscn", "dx", "dxr", "exp", "feb",
    "fig", "file", "film", "gopr", "h", "hpim", "i", "id", "im", "image", "img", "imgp", "imgs", "inst",
    "jan", "jul", "jun", "kimg", "kv", "lat", "ll", "lr", "ma", "mar", "mas", "may", "mg", "mvi", "no",
    "nov", "nr", "oct", "pa", "page", "phot", "photo", "pic", "pict", "pxl", "rad", "raw", "rx", "sam",
    "sany", "scan", "scn", "se", "sep", "ser", "seri", "series", "slc", "snap", "st", "stu", "t", "tmp",
    "v", "ver", "vid", "view", "w", "wa", "wp", "x", "xr", "xray", "y",
})  # fmt: skip
_NOT_BEFORE_COUNTERS: Final = frozenset({"id", "no", "nr"})  # "ID 1042" names a person
_OLDEST_YEAR, _NEWEST_YEAR = 1900, 2099
_PANASONIC: Final = re.compile(r"P\d{7}")  # folder and counter: P1000123
_UNIX_TIME: Final = re.compile(r"1[4-9]\d{8}")


def guessed_number(film: FilmSource, name: str, *, character_set: str = "") -> str:
    """The patient number that the film's DICOM header names, or its file's name; "" when in doubt.

    character_set: of films that name none. The film is left at any position.
    """
    return _in_header(film, character_set) or number_in_name(name)


def number_in_name(name: str) -> str:
    """The one part of a file's name that can only be a patient number, or ""."""
    stem = _stem(name)
    if _UID.search(stem) or any(program in stem.lower() for program in _PROGRAMS):
        return ""
    stem = _ONE_OF_MANY.sub(" ", _DAY.sub(" ", _IN_BRACKETS.sub(" ", stem)))
    parts = [part.strip("-") for part in _APART.split(stem)]
    found = {
        spelling.key(part): part
        for before, part in zip(["", *parts], parts, strict=False)
        if part and not _is_counted(before, part) and _is_number(part)
    }
    return next(iter(found.values())) if len(found) == 1 else ""


def _in_header(film: FilmSource, character_set: str) -> str:
    film.seek(0)
    if not is_dicom(film.read(START)):
        return ""
    try:
        header = read_facts(
            film, max_pixels=settings.MAX_FILM_PIXELS, min_side=MIN_SIDE, character_set=character_set
        )
    except FilmRefused:
        return ""
    number = spelling.tidy(header.facts.patient_number)
    return number if spelling.key(number) and not is_nobody(number) else ""


def _stem(name: str) -> str:
    last = PurePosixPath(name.replace("\\", "/")).name
    ending = PurePosixPath(last).suffix
    return last[: -len(ending)] if re.fullmatch(r"\.[A-Za-z][A-Za-z0-9]{1,4}", ending) else last


def _is_counted(before: str, part: str) -> bool:
    """Whether the part before says that this one counts films, or is the time of day after a date."""
    after_a_day = len(before) == 8 and before.isdecimal() and _is_time(before) and part.isdecimal()
    return after_a_day or before.lower() in _COUNTS - _NOT_BEFORE_COUNTERS


def _is_number(part: str) -> bool:
    if not part.isascii():
        return False
    if lettered := _LETTERS_FIRST.fullmatch(part):
        letters, dash, digits = lettered.groups()
        if letters.lower() in _COUNTS or _PANASONIC.fullmatch(part):
            return False
        if _is_time(digits) and (len(digits) == 8 or (len(digits) == 4 and not dash)):
            return False
        return bool(dash) or len(digits) > 2
    if _TWO_PARTS.fullmatch(part):
        return not part.startswith("0")
    if not _DIGITS.fullmatch(part) or _is_time(part) or _UNIX_TIME.fullmatch(part):
        return False
    return len(part) > 4 or not part.startswith("0")  # 0001 is a counter


def _is_time(digits: str) -> bool:
    """Whether digits may be a year, a day or a time of day."""
    if len(digits) == 4:
        return _OLDEST_YEAR <= int(digits) <= _NEWEST_YEAR
    if len(digits) == 6:
        clock = int(digits[:2]) < 24 and int(digits[2:4]) < 60 and int(digits[4:]) < 60
        return clock or any(_is_day(f"20{year}", *rest) for year, *rest in _orders(digits, 2))
    return len(digits) == 8 and any(_is_day(year, *rest) for year, *rest in _orders(digits, 4))


def _orders(digits: str, length: int) -> list[tuple[str, str, str]]:
    """Year, month and day of digits, in the orders in which people and machines write them."""
    first, last = digits[:length], digits[-length:]
    return [
        (first, digits[length : length + 2], digits[length + 2 :]),
        (last, digits[:2], digits[2:4]),
        (last, digits[2:4], digits[:2]),
    ]


def _is_day(year: str, month: str, day: str) -> bool:
    if not _OLDEST_YEAR <= int(year) <= _NEWEST_YEAR:
        return False
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True
