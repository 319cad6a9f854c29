"""Reads names, days and times as DICOM headers have them, which is not always as the standard wants."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

_DAY: Final = re.compile(r"(\d{4})([.\-/]?)(\d{2})\2(\d{2})")
_YEAR: Final = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_YEAR_FIRST: Final = re.compile(r"(1[89]\d\d|20\d\d)(?:\d{2}|\d{4})?")
# What machines and programs write as a number where nobody gave one; letters and digits alone.
_NOBODY: Final = """
    anon anonym anonymised anonymized anonymous anonymus anonyme anonimo anonimizado deidentified noname
    unknown unbekannt unknownid unknownpatient inconnu desconocido desconhecido sconosciuto unspecified
    undefined unidentified notknown notavailable notprovided na nil none null empty noid nopatientid nonumber
    id patid patientid patient default emergency notfall urgence urgencia
"""
_TIME: Final = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(?:\.(\d{1,6}))?")


def names(value: str) -> tuple[str, str]:
    """Last and first name of a person name: of its alphabetic group or, if that is empty, the next one."""
    group = next((group for group in value.split("=") if group.strip("^ ")), "")
    parts = [part.strip() for part in group.split("^")]
    if len(parts) == 1:
        last, comma, first = (part.strip() for part in group.partition(","))
        return (last, first) if comma else (group.strip(), "")
    first = " ".join(part for part in parts[1:3] if part)
    return (parts[0], first) if parts[0] else (first, "")


def is_nobody(number: str) -> bool:
    """Whether a patient number is one that is written for nobody in particular, such as 0 or ANONYMOUS."""
    folded = unicodedata.normalize("NFKC", number).casefold()
    plain = "".join(letter for letter in folded if letter.isalnum())
    return plain in _NOBODY.split() or set(plain) <= {"0"} or set(plain) == {"x"}


def titles(value: str) -> str:
    """Prefix and suffix of a person name."""
    return " ".join(part.strip() for part in value.split("=")[0].split("^")[3:5] if part.strip())


def day(value: str) -> date | None:
    """The day that a DA value names, or None. ACR-NEMA's full stops and other separators are understood."""
    found = _DAY.fullmatch(value.strip())
    if found is None:
        return None
    try:
        read = date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None
    return read if 1850 <= read.year <= 2099 else None


def year(value: str) -> int | None:
    """The year in what is no day, such as 19600000 or 00/00/1960; None if there is none or more than one."""
    if found := _YEAR_FIRST.fullmatch(value.strip()):
        return int(found[1])
    years = set(_YEAR.findall(value))
    return int(years.pop()) if len(years) == 1 else None


def moment(day_value: str, time_value: str) -> tuple[datetime, bool] | None:
    """Day and time, and whether a time is told: midnight if none can be read. None if the day cannot."""
    read, at = day(day_value), _time(time_value)
    return None if read is None else (datetime.combine(read, at or time()), at is not None)


def moment_at_once(value: str) -> tuple[datetime, bool] | None:
    """The same of a DT value, with its zone if it names one."""
    plain, offset = value.strip(), ""
    if found := re.search(r"[+-]\d{4}$", plain):
        plain, offset = plain[: found.start()], found[0]
    read = moment(plain[:8], plain[8:])
    return read and (read[0].replace(tzinfo=zone(offset)), read[1])


def zone(value: str) -> timezone | None:
    """The zone that an offset such as +0530 names, or None; clocks on earth are at most 14 hours off."""
    found = re.fullmatch(r"([+-])(\d{2})([0-5]\d)", value.strip())
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    if offset > timedelta(hours=14):
        return None
    return timezone(-offset if found[1] == "-" else offset)


def _time(value: str) -> time | None:
    found = _TIME.fullmatch(value.strip())
    if found is None:
        return None
    try:
        hour, minute, second = (int(found[place] or 0) for place in (1, 2, 3))
        return time(hour, minute, second, int((found[4] or "0").ljust(6, "0")))
    except ValueError:
        return None
