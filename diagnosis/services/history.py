"""Writes entries about patients, studies, films and networks to the audit chain, changes and reads alike.

A service names what it is about and an action; subject, clinic and study are spelled here alone. The sentence
that people read for an action stands in views/contexts/wording/event.py.

Appending locks the chain's head until the transaction ends. So `write` is a transaction's last statement;
until then an entry waits as an `Entry`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts import audit, denials, sittings
from accounts.audit import Actor, Reader, Stored
from accounts.models import AuditEvent, Clinic
from diagnosis.models import (
    DicomSender,
    HeldFilm,
    ModelVersion,
    OperatingPoint,
    Patient,
    ReadingAgreement,
    Report,
    Scan,
    Study,
    Webhook,
)

About = (
    Patient
    | Study
    | Scan
    | HeldFilm
    | DicomSender
    | ModelVersion
    | OperatingPoint
    | Report
    | ReadingAgreement
    | Webhook
    | Clinic
)


@dataclass(frozen=True)
class Entry:
    """An audit entry to be written once every row of the transaction is.

    Appending locks the chain's head for the rest of the transaction; appending before rows that others may
    be writing too would invite a deadlock. `study`: the study that shows it, if not the film's own. `rows`:
    what the change stored, for the record to vouch for. `clinic`: in whose record it stands, if not in that
    of the clinic that the row names.
    """

    about: About
    action: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    study: Study | None = None
    rows: Sequence[Stored] = ()
    clinic: Clinic | None = None


def write(
    about: About,
    action: str,
    facts: Mapping[str, Any] | None = None,
    *,
    actor: Actor,
    study: Study | None = None,
    rows: Sequence[Stored] = (),
    clinic: Clinic | None = None,
) -> AuditEvent:
    """Append one entry to the audit chain, as the last step of a transaction, and return its event."""
    place = study or _study_of(about)
    return audit.record(
        actor=actor,
        action=action,
        subject=subject_of(about),
        clinic=clinic or _clinic_of(study or about),
        study_id=place.public_id if place else "",
        facts=dict(facts or {}),
        rows=rows,
    )


def write_all(entries: Iterable[Entry], *, actor: Actor) -> None:
    """Append the entries in order, as the last step of a transaction."""
    for entry in entries:
        write(
            entry.about,
            entry.action,
            entry.facts,
            actor=actor,
            study=entry.study,
            rows=entry.rows,
            clinic=entry.clinic,
        )


def subject_of(about: About) -> str:
    """The subject in the record: kind and public id."""
    return f"{_KINDS[type(about)]}:{about.public_id}"


def study_viewed(*, study: Study, reader: Reader, sitting: str = "") -> None:
    """Audit `study.viewed`: somebody opened the study's page. `sitting`: see `audit.look`."""
    _viewed(study, "study.viewed", reader, sitting)


def patient_viewed(*, patient: Patient, reader: Reader, sitting: str = "") -> None:
    """Audit `patient.viewed`: somebody opened the page with all of a patient's studies."""
    _viewed(patient, "patient.viewed", reader, sitting)


def mismatch_refused(*, patient: Patient | None, fields: Iterable[str], actor: Actor) -> None:
    """Audit `patient.mismatch`: somebody named this patient's number with other facts; it names the fields.

    Call it after the refusal, since what is written before is taken back with it. Repetitions of an hour are
    counted (`accounts.denials`).
    """
    if patient is not None and isinstance(actor, Reader):
        denials.note(
            action="patient.mismatch",
            who=actor,
            subject=subject_of(patient),
            clinic=patient.clinic_id,
            facts={"fields": sorted(fields)},
        )


def listed(*, place: str, rows: Iterable[About], reader: Reader, sitting: str) -> None:
    """Audit `list.viewed`: a list showed these patients or studies, by name, number or film.

    One event names all that the reader had not been shown by a list in this sitting; none is written if there
    are none. `place` names the list. What is of another clinic is on that clinic's record.
    """
    who = audit.actor_name(reader)
    by_clinic: dict[int, list[str]] = {}
    for row in rows:
        if clinic := _clinic_of(row):
            by_clinic.setdefault(clinic, []).append(subject_of(row))
    for clinic, subjects in by_clinic.items():
        new = sittings.not_shown_yet(subjects, reader=who, sitting=sitting)
        if not new:
            continue
        own = reader.clinic is not None and reader.clinic.pk == clinic
        audit.look(
            reader=reader,
            action="list.viewed",
            subject=subject_of(reader.clinic if own and reader.clinic else Clinic.objects.get(pk=clinic)),
            clinic=clinic,
            facts={"list": place, "shown": new},
        )
        sittings.note_shown(new, reader=who, sitting=sitting)


def study_tabled(*, study: Study, reader: Reader) -> None:
    """Audit `study.tabled`: what a list says of the study left the portal in a table."""
    _viewed(study, "study.tabled", reader)


def thumbnail_viewed(*, study: Study, reader: Reader, sitting: str) -> None:
    """Audit `study.viewed`, unless the thumbnail stood in a list that is on record already."""
    if sittings.not_shown_yet([subject_of(study)], reader=audit.actor_name(reader), sitting=sitting):
        study_viewed(study=study, reader=reader, sitting=sitting)


def shown_blind(*, scan: Scan, reader: Reader, sitting: str = "") -> None:
    """Audit `scan.shown_blind`: a film was put before a doctor without any result; see `blind_reads`."""
    _viewed(scan, "scan.shown_blind", reader, sitting)


def original_downloaded(*, scan: Scan, reader: Reader) -> None:
    """Audit `scan.downloaded`: the film left the portal as it came."""
    _viewed(scan, "scan.downloaded", reader)


def held_film_viewed(*, held: HeldFilm, reader: Reader, sitting: str = "") -> None:
    """Audit `held_film.viewed`: somebody opened the page of a film that nobody filed yet."""
    _viewed(held, "held_film.viewed", reader, sitting)


def held_film_downloaded(*, held: HeldFilm, reader: Reader) -> None:
    """Audit `held_film.downloaded`: a film that nobody filed yet left the portal as it came."""
    _viewed(held, "held_film.downloaded", reader)


def report_viewed(*, study: Study, reader: Reader) -> AuditEvent:
    """Audit `report.viewed`; the event's hash goes on the paper, so that the paper can be checked.

    The one look that waits for its place in the chain, because the hash is made there.
    """
    return write(study, "report.viewed", actor=reader)


def report_downloaded(*, about: Report | Study, reader: Reader, kind: str) -> None:
    """Audit `report.downloaded`: a report left the portal as a document; `kind`: what it says of itself."""
    place = _study_of(about)
    audit.look(
        reader=reader,
        action="report.downloaded",
        subject=subject_of(about),
        clinic=_clinic_of(about),
        study_id=place.public_id if place else "",
        facts={"kind": kind},
    )


def _viewed(about: About, action: str, reader: Reader, sitting: str = "") -> None:
    place = _study_of(about)
    audit.look(
        reader=reader,
        action=action,
        subject=subject_of(about),
        clinic=_clinic_of(about),
        study_id=place.public_id if place else "",
        sitting=sitting,
    )


_KINDS: dict[type, str] = {
    Patient: "patient",
    Study: "study",
    Scan: "scan",
    HeldFilm: "held_film",
    DicomSender: "dicom_sender",
    ModelVersion: "model",
    OperatingPoint: "limits",
    Report: "report",
    ReadingAgreement: "reading_agreement",
    Webhook: "webhook",
    Clinic: "clinic",
}


def _study_of(about: About) -> Study | None:
    if isinstance(about, Scan | Report):
        return about.study
    return about if isinstance(about, Study) else None


def _clinic_of(about: About) -> int | None:
    """The clinic's id; None for a network, which belongs to the installation."""
    if isinstance(about, ModelVersion):
        return None
    return about.pk if isinstance(about, Clinic) else about.clinic_id
