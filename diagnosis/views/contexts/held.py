"""What a page shows of a film that contradicts the record: its facts beside those on record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.dateformat import format as date_format

from accounts.models import Clinic
from accounts.names import MACHINE
from diagnosis import births, spelling
from diagnosis.imaging.dicom.facts import DicomFacts
from diagnosis.imaging.dicom.people import is_nobody
from diagnosis.models import HeldFilm, Patient, PcrResult, Sex
from diagnosis.services.filing import birth_of, facts_of, spelt_alike, taken_of
from diagnosis.services.patients import kept
from diagnosis.services.studies import read_facts

DAY = "j M Y"


@dataclass(frozen=True)
class Fact:
    """One fact as the film says it and as the record has it; `differs`: one contradicts the other."""

    label: str
    film: str
    record: str = ""
    differs: bool = False


@dataclass(frozen=True)
class Settling:
    """A held film as its page shows it."""

    held: HeldFilm
    patient: Patient | None
    said: list[Fact]
    person: list[Fact]
    more: list[Fact]
    unreadable: list[Fact]
    sender: str


def settling(held: HeldFilm) -> Settling:
    facts = facts_of(held.header)
    patient = kept(held.patient) if held.patient else None
    unreadable = [Fact(_word(name), str(value)) for name, value in facts.unreadable.items()]
    return Settling(
        held,
        patient,
        list(_said(held)),
        list(_person(facts, patient)),
        list(_more(facts, held.clinic)),
        unreadable,
        sender_of(held),
    )


def sender_of(held: HeldFilm) -> str:
    """Which way the film came, in words."""
    title = held.sender.removeprefix(MACHINE)
    return f"X-ray machine “{title}”" if title != held.sender else str(held.get_door_display())


def typed(held: HeldFilm) -> dict[str, Any]:
    """What the film says of its patient, to correct in a form."""
    facts = facts_of(held.header)
    return {
        "number": "" if is_nobody(facts.patient_number) else facts.patient_number,
        "first_name": facts.first_name,
        "last_name": facts.last_name,
        "birth_date": birth_of(facts),
        "sex": facts.sex,
    }


def name_of(held: HeldFilm) -> str:
    """The patient's name and number as the film says them."""
    facts = facts_of(held.header)
    name = f"{facts.first_name} {facts.last_name}".strip() or "No name"
    return f"{name}, {facts.patient_number or 'no number'}"


def _person(facts: DicomFacts, patient: Patient | None) -> Iterator[Fact]:
    one = patient or Patient()
    number = spelling.exact_key(facts.patient_number) != spelling.exact_key(one.number)
    yield Fact("Patient number", facts.patient_number, one.number, patient is not None and number)
    for label, name in (("Last name", "last_name"), ("First name", "first_name")):
        said, known = getattr(facts, name), getattr(one, name)
        same = spelling.key(said) == spelling.key(known) or spelt_alike(said, known)
        yield Fact(label, said, known, bool(said and known) and not same)
    yield _born(facts, one)
    sexes = {facts.sex, one.sex} - {Sex.UNKNOWN.value}
    known = one.get_sex_display() if patient else ""
    yield Fact("Sex", str(Sex(facts.sex).label), known, patient is not None and len(sexes) > 1)
    if facts.issuer:
        yield Fact("Number given by", facts.issuer)


def _said(held: HeldFilm) -> Iterator[Fact]:
    """What its sender said of the examination, as the study's page calls it."""
    said = read_facts(held.said)
    if said.get("urgent"):
        yield Fact("Urgent", "yes")
    for label, value in (
        ("Symptoms", said.get("symptoms")),
        ("Symptoms since", _day(said.get("symptoms_onset"))),
        ("PCR", PcrResult(said["pcr_result"]).label if "pcr_result" in said else ""),
        ("Reason", said.get("reason")),
        ("Taken", _moment(said.get("taken_at"))),
        ("Accession number", said.get("accession_number")),
    ):
        if value:
            yield Fact(label, str(value))


def _day(when: date | None) -> str:
    return date_format(when, DAY) if when else ""


def _born(facts: DicomFacts, patient: Patient) -> Fact:
    said, known = birth_of(facts), patient.birth_date or ""
    differs = bool(said and known) and not births.compatible(said, known, guessed=patient.birth_estimated)
    return Fact("Birth date", births.in_words(said), patient.born, differs)


def _more(facts: DicomFacts, clinic: Clinic) -> Iterator[Fact]:
    for label, value in (
        ("Name as written", facts.full_name),
        ("Taken", _moment(taken_of(facts, clinic))),
        ("Examination", facts.description),
        ("Body part", facts.body_part),
        ("Projection", facts.projection),
        ("Accession number", facts.accession_number),
        ("Machine", " ".join(part for part in (facts.manufacturer, facts.model) if part)),
        ("Institution", facts.institution),
        ("Study Instance UID", facts.study_instance_uid),
        ("SOP Instance UID", facts.sop_instance_uid),
    ):
        if value:
            yield Fact(label, value)


def _moment(taken: datetime | None) -> str:
    return date_format(taken, "j M Y, H:i") if taken else ""


def _word(name: str) -> str:
    return name.replace("_", " ").capitalize()
