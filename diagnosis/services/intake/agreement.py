"""What one request says of patient and study: typed, and in the headers of its DICOM films.

Both have to agree, and all films have to be of one study: the request then makes one study, or adds to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final, cast

from django.conf import settings

from accounts.models import Clinic
from diagnosis import births, spelling
from diagnosis.imaging.dicom.header import DicomHeader, read_facts
from diagnosis.imaging.header import MIN_SIDE, FilmSource
from diagnosis.imaging.header.other_kinds import START, is_dicom
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Sex
from diagnosis.services.filing import Told, columns_of, spelt_alike, told_by
from diagnosis.services.patients import PatientFacts
from diagnosis.services.studies import StudyFacts

_NAMES: Final = ("first_name", "last_name")
_CLOCKS_DIFFER: Final = timedelta(minutes=1)


class NumberMissing(Exception):
    """Neither the request nor a film names the patient's number."""


class SeveralStudies(Exception):
    """The films of one request are of several studies or patients."""


class TypedContradicts(Exception):
    """What was typed is not what a film's header says; `fields` names it."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__()
        self.fields = tuple(fields)


def agreed(
    *,
    clinic: Clinic,
    number: str,
    patient: Mapping[str, Any],
    study: Mapping[str, Any],
    films: Iterable[FilmSource],
    character_set: str = "",
) -> Told:
    """What is said of patient and study, once, typed or by the films; character_set: of those that name none.

    Raises NumberMissing, SeveralStudies and TypedContradicts.
    """
    told = [told_by(header.facts, clinic) for header in _headers(films, character_set)]
    if len({one.study_instance_uid for one in told}) > 1:
        raise SeveralStudies
    if len({spelling.exact_key(one.number) for one in told if one.number}) > 1:
        raise SeveralStudies
    if any(contradicted(one.patient, other) for one, other in combinations(told, 2)):
        raise SeveralStudies
    issuers = [one.issuer for one in told if one.issuer]
    if len({spelling.key(issuer) for issuer in issuers}) > 1:
        raise SeveralStudies
    typed = {"number": number, **patient, **study}
    wrong = {name for one in told for name in contradicted(typed, one)}
    if wrong:
        raise TypedContradicts(sorted(wrong))
    number = number or next((one.number for one in told if one.number), "")
    if not spelling.key(number):
        raise NumberMissing
    first = told[0] if told else None
    said = [one.patient for one in told] + [cast(PatientFacts, _some(patient))]
    return Told(
        number=number,
        issuer=next(iter(issuers), ""),
        patient=cast(PatientFacts, {name: value for one in said for name, value in _some(one).items()}),
        study=cast(StudyFacts, {**(first.study if first else {}), **_some(study)}),
        study_instance_uid=first.study_instance_uid if first else "",
    )


def films_say_it_all(
    clinic: Clinic, number: str, patient: Mapping[str, Any], films: Sequence[tuple[FilmSource, str]]
) -> bool:
    """Whether every file is a DICOM film whose header says all that was typed of the patient."""
    told = [told_by(header.facts, clinic) for header in _headers(film for film, _ in films)]
    typed = {name for name, value in _some({"number": number, **patient}).items() if value is not False}
    says = [{"number": one.number, **one.patient} for one in told]
    return len(told) == len(films) and all(_says(one.get(name)) for one in says for name in typed)


def contradicted(typed: Mapping[str, Any], told: Told) -> list[str]:
    """The names of what was typed and is not what the header says."""
    says: dict[str, Any] = {"number": told.number, **told.patient, **told.study}
    says.pop("reason", None)  # words of whoever typed them
    return [
        name
        for name, value in says.items()
        if _says(value) and _says(typed.get(name)) and not _same(name, typed[name], value)
    ]


def with_columns(header: object, clinic: Clinic) -> dict[str, Any]:
    """The columns of a film's row that a DICOM header fills; none for a picture."""
    if not isinstance(header, DicomHeader):
        return {}
    return columns_of(header.facts, told_by(header.facts, clinic).record)


def _headers(films: Iterable[FilmSource], character_set: str = "") -> Iterable[DicomHeader]:
    """The headers that can be read; a film that is refused says so when it is stored."""
    for film in films:
        if isinstance(getattr(film, "refusal", None), FilmRefused):
            continue
        film.seek(0)
        if not is_dicom(film.read(START)):
            continue
        try:
            yield read_facts(
                film,
                max_pixels=settings.MAX_FILM_PIXELS,
                min_side=MIN_SIDE,
                character_set=character_set,
            )
        except FilmRefused:
            continue


def _some(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if _says(value)}


def _says(value: Any) -> bool:
    return value not in (None, "", Sex.UNKNOWN)


def _same(name: str, one: Any, other: Any) -> bool:
    if name == "number":
        return spelling.exact_key(one) == spelling.exact_key(other)
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one - other) <= _CLOCKS_DIFFER
    if name == "birth_date":
        return births.compatible(one, other)
    return spelling.key(one) == spelling.key(other) or (name in _NAMES and spelt_alike(one, other))
