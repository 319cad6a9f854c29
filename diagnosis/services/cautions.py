"""What the reader of a film or of a study's result has to know of the header and of the patient's age.

A DICOM film's own header may not fit the page around it. The picture is shown and the result told all the
same; whom and what to believe, a person decides.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from django.utils.dateformat import format as date_format

from diagnosis import spelling
from diagnosis.imaging.dicom.facts import DicomFacts
from diagnosis.imaging.dicom.header import NO_TIME
from diagnosis.imaging.dicom.people import is_nobody
from diagnosis.models import Patient, Scan, Study
from diagnosis.services import ages, results
from diagnosis.services.filing import NAMES, facts_of, spelt_alike, taken_of

_AT_ONCE: Final = timedelta(minutes=1)
_UNITS: Final = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}
_NO_RESULT: Final = "The network knows PA and AP alone: its result does not count."
_SQUARE: Final = 1.01  # a side of a pixel that is longer by less is measured so


def cautions(scan: Scan, study: Study) -> list[str]:
    """Sentences for a film's page; none for a PNG or JPEG, and none for a film that fits."""
    if not scan.header:
        return []
    facts = facts_of(scan.header)
    return [
        *_person(facts, study.patient),
        *_time(facts, study),
        *_view(facts),
        *_pixels(facts),
        *_window(scan),
    ]


def of_age(study: Study) -> ages.AgeCaution | None:
    """What has to be said of the patient's age beside a study's result; the gravest of its films' that count.

    Needs the study's films prefetched, with their predictions.
    """
    counted = [scan for scan in study.scans.all() if scan.set_aside_at is None]
    shown = [(scan, found) for scan in counted if (found := results.current(scan))]
    told = [ages.caution(found, scan, study.patient) for scan, found in shown]
    return max(filter(None, told), key=lambda one: one.no_advice, default=None)


def _person(facts: DicomFacts, patient: Patient) -> Iterator[str]:
    named = " ".join(part for part in (facts.first_name, facts.last_name) if part)
    differs = any(_differ(getattr(facts, name), getattr(patient, name)) for name in NAMES)
    number = "" if is_nobody(facts.patient_number) else facts.patient_number
    if differs or (number and not _numbered(number, patient)):
        said = ", ".join(part for part in (named, number and f"number {number}") if part)
        yield f"The film itself names another patient: {said}."
    elif number and not named and patient.full_name and not (facts.birth_date or facts.birth_year):
        why = "its name cannot be read" if "PatientName" in facts.unreadable else "it bears no name"
        yield f"Only its number led this film here, for {why}. Check that it is this person’s."
    if facts.more.get("age") and not patient.birth_date and (age := _age(facts.more["age"])):
        yield f"By its header the patient was {age} old."


def _differ(said: str, known: str) -> bool:
    return bool(said and known) and spelling.key(said) != spelling.key(known) and not spelt_alike(said, known)


def _numbered(number: str, patient: Patient) -> bool:
    """Whether a number is the patient's, or was before two records became one."""
    key = spelling.key(number)
    if key == spelling.key(patient.number):
        return True
    return any(spelling.key(old.number) == key for old in patient.merged.all())


def _age(value: str) -> str:
    found = re.fullmatch(r"(\d{1,3})([DWMY])", value.strip().upper())
    return f"{int(found[1])} {_UNITS[found[2]]}" if found else ""


def _time(facts: DicomFacts, study: Study) -> Iterator[str]:
    taken = taken_of(facts, study.clinic)
    if "taken_at" in facts.unreadable or taken is None:
        if abs(study.taken_at - study.created_at) <= _AT_ONCE:
            yield "Its header does not say when it was taken: the study’s time is when it came in."
        return
    if taken.date() != study.taken_at.astimezone(taken.tzinfo).date():
        yield f"By its header this film was taken on another day: {date_format(taken, 'j M Y, H:i')}."
    elif facts.more.get("taken_at_from", "").endswith(NO_TIME):
        yield "Its header says on which day it was taken, but not at what time."


def _view(facts: DicomFacts) -> Iterator[str]:
    view = facts.more.get("view_position", "")
    across = _direction(facts.more, 0)
    if view and not {"PA", "AP"} & set(re.findall(r"[A-Z]+", view.upper())):
        yield f"By its header this is no PA or AP view ({view}). {_NO_RESULT}"
    elif not facts.projection and across in ("A", "P"):
        yield f"By its header this is a lateral view. {_NO_RESULT}"
    if across == "R":
        yield "By its header the picture is mirrored, the patient’s left side on the left. Check its marker."
    elif across in ("H", "F") or _direction(facts.more, 1) == "H":
        yield "By its header the picture does not stand upright."


def _direction(more: Mapping[str, Any], place: int) -> str:
    """Where a row (0) or a column (1) of the picture leads in the patient: R, L, A, P, H, F or ""."""
    parts = str(more.get("patient_orientation", "")).upper().split("\\")
    return parts[place].strip()[:1] if len(parts) == 2 else ""


def _pixels(facts: DicomFacts) -> Iterator[str]:
    sides = facts.spacing or _sides(facts.more.get("pixel_aspect", ""))
    if sides and max(sides) > _SQUARE * min(sides):
        yield "By its header its pixels are not square: the picture is stretched, and so is what is measured."


def _window(scan: Scan) -> Iterator[str]:
    if scan.pixel_rule.get("unfit"):
        yield (
            "In the window that its own header names it would be black or white all over: people and network "
            "see it in one by its own values."
        )


def _sides(value: str) -> tuple[float, float] | None:
    parts = value.split("\\")
    if len(parts) != 2 or not all(part.strip().isdigit() and int(part) for part in parts):
        return None
    return float(parts[0]), float(parts[1])
