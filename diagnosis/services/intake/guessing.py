"""Guesses a film's patient number from its header or its file's name; nothing at all where there is doubt.

A wrong number is worse than none: it may be somebody else's. So a name with two candidates gives none, and so
does one with a date, a time or a setting anywhere in it: what stands beside them is often a counter. Nor are
identifiers numbers, the counters of cameras and rooms, and whatever programs name their pictures after.
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
_MONTH: Final = "(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)"
_WHEN: Final = re.compile(
    r"(?<!\d)\d{4}[-._ ]\d{1,2}[-._ ]\d{1,2}(?!\d)"  # 2024-01-31
    r"|(?<!\d)\d{1,2}([-._: ])\d{1,2}\1(\d{4}|\d{2})(?!\d)"  # 31.01.2024, 10-11-12
    r"|(?<!\d)(19|20)\d\d[-._](0?[1-9]|1[0-2])(?!\d)"  # 2024-01
    r"|(?<![A-Za-z\d-])\d{1,2}[-.:h]\d{1,2}(?!\d)"  # 31.01, 10h11
    r"|(?<!\d)\d{1,2}\s?[ap]\.?m\b"
    rf"|(?<!\d)\d{{1,2}}[-._ ]*{_MONTH}|(?<![a-z]){_MONTH}[a-z]*[-._ ]*\d",
    re.IGNORECASE,
)
_RUN: Final = re.compile(r"[0-9]+")
_SETTING: Final = re.compile(
    r"(?<![A-Za-z\d])\d+([.,]\d+)?[-_ ]?"
    r"(kvp?|mas?|mm|cm|ms|sec|s|px|dpi|[kmg]b|kg|bits?|y|yo|yrs?|years?)(?![a-z])"
    r"|(?<![a-z])(kvp?|mas?)[-_ ]?\d",
    re.IGNORECASE,
)  # 120kV
_ONE_OF_MANY: Final = re.compile(r"\d+\s*(of|von|de|x|×)\s*\d+", re.IGNORECASE)  # "2 of 40", "1024 x 768"
_PROGRAMS: Final = (
    "whatsapp", "screenshot", "fullsizerender", "camscanner", "signal", "telegram", "screen shot",
    "bildschirmfoto", "fb_img",
)  # fmt: skip
# What cameras, scanners and X-ray rooms write before a counter or a setting, alone or with it.
_COUNTS: Final = frozenset({
    "age", "ap", "apr", "aug", "burst", "cam", "cap", "chst", "cimg", "clip", "copy", "cr", "cxr", "day",
    "dcm", "dec", "dica", "dicm", "dj", "dji", "dr", "dsc", "dscf", "dscn", "dx", "dxr", "exp", "feb",
    "fig", "file", "film", "gopr", "h", "hpim", "i", "id", "im", "image", "img", "imgp", "imgs", "inst",
    "jan", "jul", "jun", "kimg", "kv", "lat", "ll", "lr", "ma", "mar", "mas", "may", "mg", "mvi", "no",
    "nov", "nr", "oct", "pa", "page", "phot", "photo", "pic", "pict", "pxl", "rad", "raw", "rx", "sam",
    "sany", "scan", "scn", "se", "sep", "ser", "seri", "series", "slc", "snap", "st", "stu", "t", "tmp",
    "v", "ver", "vid", "view", "w", "wa", "wp", "x", "xr", "xray", "y",
    "acc", "accession", "aufnahme", "bay", "bed", "bett", "bild", "bilder", "box", "cama", "chambre", "exam",
    "films", "floor", "foto", "fotos", "frame", "images", "imagem", "imagen", "immagine", "leito",
    "lit", "order", "pages", "phone", "photos", "picture", "quarto", "raum", "received", "rm", "room", "sala",
    "salle", "scanned", "scanner", "scans", "seq", "shot", "slide", "station", "study", "tel", "unit",
    "visit", "ward", "zimmer",
})  # fmt: skip
_NOT_BEFORE_COUNTERS: Final = frozenset({"id", "no", "nr"})
_OLDEST_YEAR, _NEWEST_YEAR = 1900, 2099
_PANASONIC: Final = re.compile(r"P\d{7}")  # folder and counter: P1000123
_UNIX_TIME: Final = re.compile(r"1[4-9]\d{8}(\d{3})?")


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
    if _says_when(stem) or _SETTING.search(stem):
        return ""
    stem = _ONE_OF_MANY.sub(" ", _IN_BRACKETS.sub(" ", stem))
    parts = list(filter(None, (part.strip("-") for part in _APART.split(stem))))
    found = {
        spelling.key(part): part
        for place, part in enumerate(parts)
        if not _is_counted(parts[:place]) and _is_number(part)
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


def _says_when(stem: str) -> bool:
    """Whether a date or a time stands anywhere in a name."""
    if _WHEN.search(stem) or any(_is_time(part) for part in _APART.split(stem) if _RUN.fullmatch(part)):
        return True
    runs = _RUN.findall(stem)
    return any(
        (len(run) == 8 and _is_time(run)) or (len(run) in (12, 14, 17) and _is_time(run[:8])) for run in runs
    )


def _is_counted(before: list[str]) -> bool:
    """Whether the words before a part say that it counts films or rooms: "Bild 1042", "room no 1042"."""
    words = [word.lower() for word in before[-2:]]
    if words and words[-1] in _NOT_BEFORE_COUNTERS:  # "ID 1042" names a person
        words.pop()
    return bool(words) and words[-1] in _COUNTS - _NOT_BEFORE_COUNTERS


def _is_number(part: str) -> bool:
    if not part.isascii():
        return False
    if lettered := _LETTERS_FIRST.fullmatch(part):
        letters, dash, digits = lettered.groups()
        if letters.lower() in _COUNTS or _PANASONIC.fullmatch(part):
            return False
        if _is_time(digits) and (len(digits) in (7, 8) or (len(digits) == 4 and not dash)):
            return False
        return bool(dash) or len(digits) > 2
    if _TWO_PARTS.fullmatch(part):
        return not part.startswith("0")
    if not _DIGITS.fullmatch(part) or _is_time(part):
        return False
    return len(part) > 4 or not part.startswith("0")  # 0001 is a counter


def _is_time(digits: str) -> bool:
    """Whether digits may be a year, a day, a day without its zero, a time of day or seconds since 1970."""
    if len(digits) == 4:
        return _OLDEST_YEAR <= int(digits) <= _NEWEST_YEAR
    if len(digits) == 6:
        clock = int(digits[:2]) < 24 and int(digits[2:4]) < 60 and int(digits[4:]) < 60
        return clock or any(_is_day(f"20{year}", *rest) for year, *rest in _orders(digits, 2))
    if len(digits) == 7:
        return any(_is_time(f"{digits[:place]}0{digits[place:]}") for place in (0, 2, 4, 6))
    if _UNIX_TIME.fullmatch(digits):
        return True
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
