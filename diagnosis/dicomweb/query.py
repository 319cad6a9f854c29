"""What a QIDO-RS request asks for: its keys, by keyword or tag, as filters of the clinic's films.

A key that is not known is refused: passing over it would list studies that were not asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.http import QueryDict
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from accounts.models import Clinic
from diagnosis import spelling
from diagnosis.api.problems import Problem

MOST: Final = 1000
USUAL: Final = 100
_EARLIEST, _LATEST = datetime(1000, 1, 1), datetime(9000, 1, 1)  # no zone's clock leaves the calendar
_OTHERS: Final = frozenset({"limit", "offset", "includefield", "fuzzymatching", "accept"})


@dataclass
class Query:
    """Filters of studies and films, and the part of the answer that is asked for. fuzzy: not done."""

    studies: Q = field(default_factory=Q)
    films: Q = field(default_factory=Q)
    limit: int = USUAL
    offset: int = 0
    fuzzy: bool = False


def asked(parameters: QueryDict, clinic: Clinic) -> Query:
    """The query of an address. Raises Problem(400) for a key or value that cannot be used."""
    query = Query(
        limit=min(_number(parameters, "limit", USUAL), MOST),
        offset=_number(parameters, "offset", 0),
        fuzzy=parameters.get("fuzzymatching", "").lower() == "true",
    )
    for name in parameters:
        if name in _OTHERS:
            continue
        keyword = keyword_of(name)
        values = parameters.getlist(name)
        if keyword is None or len(values) > 1 or keyword not in _STUDY_KEYS | _FILM_KEYS:
            known = ", ".join(sorted(_STUDY_KEYS | _FILM_KEYS))
            raise _unusable(f"“{name[:64]}” cannot be asked for, or was sent twice. The keys are: {known}.")
        if not values[0]:
            continue  # an empty value matches everything
        if keyword in _STUDY_KEYS:
            query.studies &= _STUDY_KEYS[keyword](values[0], clinic)
        else:
            query.films &= _FILM_KEYS[keyword](values[0], clinic)
    return query


def keyword_of(name: str) -> str | None:
    """The keyword of an attribute named by keyword or by eight hexadecimal digits."""
    if tag_for_keyword(name) is not None:
        return name
    try:
        return keyword_for_tag(int(name, 16)) or None if len(name) == 8 else None
    except (ValueError, OverflowError):
        return None


def _number(parameters: QueryDict, name: str, usual: int) -> int:
    text = parameters.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _unusable(f"“{name}” is a whole number, 0 or more.")
    return int(text)


def _unusable(text: str) -> Problem:
    return Problem(400, "bad_query", "This cannot be searched for", text)


# ------------------------------------------------------------------------------------ the keys


def _text(column: str, key: Callable[[str], str]) -> Callable[[str, Clinic], Q]:
    def filtered(value: str, clinic: Clinic) -> Q:
        return _like(column, value, key)

    return filtered


def _like(column: str, value: str, key: Callable[[str], str]) -> Q:
    """A filter of a column by a value with * at its beginning, its end or both."""
    inner = value.strip("*")
    if "*" in inner or "?" in value:
        raise _unusable("“*” can stand at the beginning and at the end of a value; “?” is not known here.")
    wanted = key(inner)
    if not wanted:
        return Q() if "*" in value else Q(pk=None)
    begins, ends = not value.startswith("*"), not value.endswith("*")
    how = {(True, True): "", (True, False): "__startswith", (False, True): "__endswith"}
    return Q(**{column + how.get((begins, ends), "__contains"): wanted})


def _name(value: str, clinic: Clinic) -> Q:
    """Last^First; a single word with * is looked for in the last name."""
    last, _, first = value.partition("=")[0].partition("^")
    first = first.split("^")[0]
    found = Q()
    if last.strip("*"):
        found &= _like("patient__last_name_key", last, spelling.key)
    if first.strip("*"):
        found &= _like("patient__first_name_key", first, spelling.key)
    return found


def _uids(column: str) -> Callable[[str, Clinic], Q]:
    def filtered(value: str, clinic: Clinic) -> Q:
        return Q(**{f"{column}__in": value.replace("\\", ",").split(",")[:MOST]})

    return filtered


def _day(text: str) -> datetime:
    try:
        day = datetime.strptime(text, "%Y%m%d")
    except ValueError as error:
        raise _unusable("A date is written YYYYMMDD, a range YYYYMMDD-YYYYMMDD.") from error
    return min(max(day, _EARLIEST), _LATEST)


def _range(value: str) -> tuple[datetime | None, datetime | None]:
    """First and last day of a date or a range of dates."""
    first, dash, last = value.partition("-")
    if not dash:
        return _day(first), _day(first)
    return _day(first) if first else None, _day(last) if last else None


def _taken(value: str, clinic: Clinic) -> Q:
    zone = clinic.zone
    first, last = _range(value)
    found = Q(taken_at__gte=first.replace(tzinfo=zone)) if first else Q()
    return found & Q(taken_at__lt=(last + timedelta(days=1)).replace(tzinfo=zone)) if last else found


def _born(value: str, clinic: Clinic) -> Q:
    first, last = _range(value)
    found = Q(patient__birth_date__gte=f"{first:%Y-%m-%d}") if first else Q()
    return found & Q(patient__birth_date__lte=f"{last:%Y-%m-%d}") if last else found


def _sex(value: str, clinic: Clinic) -> Q:
    known = {"F": "female", "M": "male", "O": "other"}
    return Q(patient__sex=known.get(value.upper(), "unknown"))


def _modality(value: str, clinic: Clinic) -> Q:
    wanted = value.upper().replace("\\", ",").split(",")
    found = Q(header__modality__in=wanted)
    return found | Q(header__modality__isnull=True) if "OT" in wanted else found


Keys = dict[str, Callable[[str, Clinic], Q]]
_STUDY_KEYS: Final[Keys] = {
    "StudyInstanceUID": _uids("instance_uid"),
    "PatientID": _text("patient__number_key", spelling.key),
    "PatientName": _name,
    "PatientBirthDate": _born,
    "PatientSex": _sex,
    "AccessionNumber": _text("accession_key", spelling.key),
    "StudyDate": _taken,
}
_FILM_KEYS: Final[Keys] = {
    "SeriesInstanceUID": _uids("series_instance_uid"),
    "SOPInstanceUID": _uids("sop_instance_uid"),
    "ModalitiesInStudy": _modality,
    "Modality": _modality,
}
