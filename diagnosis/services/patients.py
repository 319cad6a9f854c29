"""Finds, creates and corrects patients, and records each change.

A patient is identified by number within a clinic; numbers and names are compared by their keys (`spelling`)
and kept as they were typed. A known number with a different name, birth date or sex, or written with other
marks, is never merged and never overwrites the record: a person has to check (`PatientMismatch`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.audit import Actor, Stored
from accounts.models import Clinic
from diagnosis import births, spelling
from diagnosis.models import TWIN, Patient, Sex
from diagnosis.services import history
from diagnosis.services.corrections import change_fields, check_shown
from diagnosis.services.history import Entry
from diagnosis.services.locking import lock_clinic

LENGTHS: Final = {
    "number": 64, "first_name": 100, "last_name": 100, "accession_number": 64, "reason": 500, "symptoms": 500,
}  # fmt: skip
SEVERAL_LINES: Final = ("reason", "symptoms")
OLDEST_BIRTH = timedelta(days=130 * 366)
FIRST_FILM = 1895


class PatientFacts(TypedDict, total=False):
    first_name: str
    last_name: str
    birth_date: date | str | None
    birth_estimated: bool
    sex: str


class PatientMismatch(Exception):
    """The number is on record with other facts: `fields` names them, without their recorded values."""

    _WORDS = {
        "number": "a slightly different spelling",
        "first_name": "a different first name",
        "last_name": "a different last name",
        "birth_date": "a different birth date",
        "sex": "a different sex",
        "issuer": "a number that somebody else gave out",
    }

    def __init__(self, number: str, fields: Sequence[str], patient: Patient | None = None) -> None:
        self.number, self.fields, self.patient = number, tuple(fields), patient
        words = [self._WORDS[name] for name in self.fields]
        found = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
        self.message = (
            f"Patient number {number} is on record with {found}. Nothing was changed. "
            "Check the number; if it is right, correct the patient's record first."
        )
        super().__init__(self.message)


class NumberTaken(Exception):
    """Another patient of the clinic has this number."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.message = f"Patient number {number} belongs to another patient. Nothing was changed."
        super().__init__(self.message)


class RecordMerged(Exception):
    """The record was merged into another one (`into`), which is the one to correct."""

    def __init__(self, into: Patient) -> None:
        self.into = into
        self.message = (
            f"This record was merged into that of {into}. Nothing was changed. Correct that record, or have "
            "the clinic’s administrator part the two first."
        )
        super().__init__(self.message)


def implausible(facts: Mapping[str, Any]) -> dict[str, str]:
    """Error messages for impossible facts, by field, for forms and the API."""
    problems = _unreadable(facts)
    number = facts.get("number")
    if number and not problems.get("number") and not spelling.key(number):
        problems["number"] = "This number has no letter or digit that can be seen."
    now = timezone.now()
    # The sender's clock and time zone may be ahead of ours by up to a day.
    tomorrow = (now + timedelta(days=1)).date()
    birth, onset = tidied(facts.get("birth_date")), facts.get("symptoms_onset")
    born = births.first_day(birth) if birth else None
    for name, first, last in (
        ("birth_date", born, births.last_day(birth) if birth else None),
        ("symptoms_onset", onset, onset),
    ):
        if first and first > tomorrow:
            problems[name] = "This date is in the future."
        elif last and last < (now - OLDEST_BIRTH).date():
            problems[name] = "This date is too far in the past."
    if facts.get("birth_estimated") and not birth:
        problems.setdefault("birth_date", "Give the estimated birth date: the year is enough.")
    taken = facts.get("taken_at")
    if taken and taken.year < FIRST_FILM:
        problems["taken_at"] = "This time is too far in the past."
    elif taken and taken > now + timedelta(days=1):
        problems["taken_at"] = "This time is in the future."
    elif taken and born and born > (taken + timedelta(days=1)).date():
        problems.setdefault("birth_date", "This date is after the film was taken.")
    return problems


def _unreadable(facts: Mapping[str, Any]) -> dict[str, str]:
    """Error messages for texts that cannot be kept, by field."""
    problems = {}
    for name, longest in LENGTHS.items():
        text = facts.get(name) or ""
        problem = spelling.fault(text, lines=name in SEVERAL_LINES)
        # Composing makes a text shorter, or longer: some letters of Indic scripts become two characters.
        if not problem and len(spelling.tidy(text)) > longest:
            problem = f"This is too long: at most {longest} characters."
        if problem:
            problems[name] = problem
    return problems


def find_or_create_patient(
    *, clinic: Clinic, number: str, actor: Actor, **facts: Unpack[PatientFacts]
) -> Patient:
    """The clinic's patient with this number, created if there is none; audit `patient.created`.

    Facts missing from the record are filled in (`patient.updated`); facts that contradict it raise
    PatientMismatch and change nothing. Two calls at once create one patient.
    """
    with transaction.atomic():
        lock_clinic(clinic.pk)
        patient, entries = place_patient(clinic=clinic, number=number, **facts)
        history.write_all(entries, actor=actor)
    return patient


def update_patient(
    *,
    patient: Patient,
    actor: Actor,
    number: str | None = None,
    shown: Mapping[str, Any] | None = None,
    **facts: Unpack[PatientFacts],
) -> Patient:
    """Correct a patient's record and return it; audit `patient.updated` names the fields, not their content.

    `shown`: the values that the person saw before. Raises NumberTaken if another patient of the clinic has
    the new number, corrections.Outdated if a shown value is no longer the record's, and RecordMerged.
    """
    values: dict[str, Any] = {name: tidied(value) for name, value in facts.items()}
    if "birth_date" in values and not values["birth_date"]:
        values["birth_estimated"] = False
    if number is not None:
        values["number"] = spelling.tidy(number)
        if any(other.pk != patient.pk for other in numbered(patient.clinic, number)):
            raise NumberTaken(number)
    try:
        with transaction.atomic():
            # alone: a join would lock the clinic after it
            locked = Patient.objects.select_for_update().get(pk=patient.pk)
            if locked.merged_into_id:
                raise RecordMerged(kept(locked))
            check_shown(locked, shown or {}, values)
            changed = change_fields(locked, values)
            if changed:
                stored = [Stored(locked, changed)]
                history.write(locked, "patient.updated", {"fields": changed}, actor=actor, rows=stored)
    except IntegrityError as error:
        raise NumberTaken(number or patient.number) from error
    return locked


def place_patient(
    *, clinic: Clinic, number: str, **facts: Unpack[PatientFacts]
) -> tuple[Patient, list[Entry]]:
    """`find_or_create_patient` in the caller's transaction; the caller writes the returned audit entries."""
    number = spelling.tidy(number)
    if not spelling.key(number):
        raise ValueError("A patient needs a number.")
    given: dict[str, Any] = {name: tidied(value) for name, value in facts.items()}
    patient = _patient_numbered(clinic, number)
    if patient is None:
        try:
            with transaction.atomic():
                patient = Patient.objects.create(clinic=clinic, number=number, **given)
            return patient, [Entry(patient, "patient.created", rows=[Stored(patient)])]
        except IntegrityError:  # somebody else was faster: use theirs
            patient = _patient_numbered(clinic, number)
            if patient is None:
                raise
    return kept(patient), _fill_in(patient, number, given)


def numbered(clinic: Clinic, number: str) -> list[Patient]:
    """The clinic's patients under this number: several only if they looked alike before keys were unique."""
    key = spelling.key(number)
    same = Q(number_key=key) | Q(number_key__gte=f"{key}{TWIN}", number_key__lt=f"{key}{TWIN}\U0010ffff")
    return list(Patient.objects.select_related("clinic").filter(same, clinic=clinic).order_by("id"))


def lookalikes() -> list[list[Patient]]:
    """The patients of each number that several had before keys were unique, in every clinic."""
    groups: dict[tuple[int, str], list[Patient]] = {}
    marked = Patient.objects.filter(number_key__contains=TWIN).select_related("clinic").order_by("id")
    for twin in marked:
        groups.setdefault((twin.clinic_id, spelling.key(twin.number)), numbered(twin.clinic, twin.number))
    return [group for group in groups.values() if len({kept(patient).pk for patient in group}) > 1]


def _patient_numbered(clinic: Clinic, number: str) -> Patient | None:
    found = numbered(clinic, number)
    if len({kept(patient).pk for patient in found}) < 2:
        return next(iter(found), None)
    exact = [patient for patient in found if patient.number == number]
    if not exact:  # whichever it is, a person has to say
        raise PatientMismatch(number, ["number"])
    return exact[0]


def kept(patient: Patient) -> Patient:
    """The record that a merged patient became; the patient's own where nobody merged it."""
    while patient.merged_into is not None:
        patient = patient.merged_into
    return patient


def _fill_in(patient: Patient, number: str, given: Mapping[str, Any]) -> list[Entry]:
    clashes = [] if spelling.exact_key(patient.number) == spelling.exact_key(number) else ["number"]
    patient = kept(patient)
    missing = {}
    for name, value in given.items():
        if name in ("birth_date", "birth_estimated"):
            continue
        recorded = getattr(patient, name)
        if not _says_something(value) or _alike(recorded, value):
            continue
        if _says_something(recorded):
            clashes.append(name)
        else:
            missing[name] = value
    birth = given.get("birth_date")
    if birth and not _is_birth(patient, birth, guess=bool(given.get("birth_estimated"))):
        clashes.append("birth_date")
    elif birth:
        missing |= _birth_to_add(patient, birth, guess=bool(given.get("birth_estimated")))
    if clashes:
        raise PatientMismatch(number, clashes, patient)
    if not missing:
        return []
    locked = Patient.objects.select_for_update().get(pk=patient.pk)
    if any(getattr(locked, name) != getattr(patient, name) for name in missing):
        return _fill_in(locked, locked.number, given)  # somebody else filled it in meanwhile: compare again
    changed = change_fields(patient, missing)
    return [Entry(patient, "patient.updated", {"fields": changed}, rows=[Stored(patient, changed)])]


def _is_birth(patient: Patient, birth: str, *, guess: bool) -> bool:
    """Whether this birth date does not contradict the record's."""
    recorded = patient.birth_date
    if not recorded:
        return True
    recorded = births.relied_on(recorded, estimated=patient.birth_estimated)
    return births.compatible(recorded, births.relied_on(birth, estimated=guess), guessed=guess)


def _birth_to_add(patient: Patient, birth: str, *, guess: bool) -> dict[str, Any]:
    """What the record lacks of this birth date, which fits; a guess adds nothing to what is there."""
    if not patient.birth_date:
        return {"birth_date": birth, "birth_estimated": guess}
    recorded = births.relied_on(patient.birth_date, estimated=patient.birth_estimated)
    if guess or len(birth) <= len(recorded):
        return {}
    surer = {"birth_estimated": False} if patient.birth_estimated else {}
    return {"birth_date": birth, **surer}


def tidied(value: Any) -> Any:
    """The value as it is kept."""
    if isinstance(value, date):
        return value.isoformat()
    return spelling.tidy(value) if isinstance(value, str) else value


def _says_something(value: Any) -> bool:
    return value not in (None, "", Sex.UNKNOWN)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return spelling.key(one) == spelling.key(other)
    return bool(one == other)
