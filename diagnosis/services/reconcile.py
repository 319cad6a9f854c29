"""Settles films that contradict the record: a person says whose each is, or rejects it.

Nothing is ever filed against the film's identifiers by itself: a study identifier that belongs to another
patient stays theirs, and the film gets a study of its own.
"""

from collections.abc import Sequence
from typing import Unpack

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import User
from diagnosis import spelling
from diagnosis.models import HeldFilm, HeldOutcome, Patient, Scan, Study
from diagnosis.services import filing, history, messenger, patients, studies, worklist
from diagnosis.services.history import Entry
from diagnosis.services.locking import lock_clinic
from diagnosis.services.patients import PatientFacts, place_patient

SETTLED = ("outcome", "settled_at", "settled_by", "reason", "scan")


class NotSettled(Exception):
    """The film stays as it is; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def waiting(films: QuerySet[HeldFilm]) -> QuerySet[HeldFilm]:
    """Those of the films that wait for a person, the longest wait first."""
    found = films.filter(outcome=HeldOutcome.WAITING).select_related("patient", "study__patient")
    return found.order_by("received_at", "id")


def file_on_record(*, held: HeldFilm, actor: User) -> Study:
    """File a film under the patient on record whom it contradicts, whose record stays as it is.

    Returns the study; audit `held_film.filed` and `scan.received`. Raises NotSettled.
    """
    if held.patient is None:
        raise NotSettled("The film contradicts no patient on record: enter whose it is.")
    person = patients.kept(held.patient)
    with transaction.atomic():
        locked = _locked(held)
        return _filed(locked, person, [], actor, "under the patient on record")


def file_under(*, held: HeldFilm, number: str, actor: User, **facts: Unpack[PatientFacts]) -> Study:
    """File a film under the patient with this number, found or created by the rules of a new study.

    Returns the study; audit as `file_on_record`. Raises NotSettled and patients.PatientMismatch.
    """
    with transaction.atomic():
        locked = _locked(held)
        person, entries = place_patient(clinic=locked.clinic, number=number, **facts)
        return _filed(locked, person, entries, actor, "under another number")


def reject(*, held: HeldFilm, actor: User, reason: str) -> None:
    """Settle that a film is not filed; its file stays. Audit `held_film.rejected`.

    The reason stays on the row, since it may name somebody. Raises NotSettled.
    """
    reason = spelling.tidy(reason)
    if not reason:
        raise NotSettled("Say why the film is rejected.")
    with transaction.atomic():
        locked = _locked(held)
        stored = _settle(locked, actor, HeldOutcome.REJECTED, reason=reason)
        history.write(locked, "held_film.rejected", actor=actor, rows=[stored])


def take_up_again(*, held: HeldFilm, actor: User) -> None:
    """Let a rejected film wait again; audit `held_film.reopened`. Raises NotSettled."""
    with transaction.atomic():
        locked = _locked(held, HeldOutcome.REJECTED)
        _check_identifier(locked)
        locked.outcome, locked.settled_at, locked.settled_by = HeldOutcome.WAITING, None, None
        locked.reason = ""
        locked.save(update_fields=SETTLED)
        history.write(locked, "held_film.reopened", actor=actor, rows=[Stored(locked, SETTLED)])


def _locked(held: HeldFilm, outcome: str = HeldOutcome.WAITING) -> HeldFilm:
    """The film's row, locked, the clinic's before it."""
    lock_clinic(held.clinic_id)
    locked = HeldFilm.objects.select_for_update().get(pk=held.pk)
    if locked.outcome != outcome:
        raise NotSettled("Somebody has settled this film in the meantime.")
    return locked


def _filed(held: HeldFilm, person: Patient, entries: Sequence[Entry], actor: User, how: str) -> Study:
    _check_identifier(held)
    told = filing.told_by(filing.facts_of(held.header), held.clinic)
    named = filing.study_of(held.clinic, held.study_instance_uid)
    theirs = named is not None and patients.kept(named.patient).pk == person.pk
    study = named if theirs else filing.home_of(held.study_instance_uid, person)
    said = studies.read_facts(held.said)
    if study is not None:
        more = [*studies.reopened(study), *studies.add_facts(study, said)]
    else:
        uid = "" if named else held.study_instance_uid
        study, more = studies.place_study(
            patient=person, actor=actor, door=held.door, instance_uid=uid, **studies.more(told.study, said)
        )
    scan = _scan_of(held, study)
    stored = _settle(held, actor, HeldOutcome.FILED, scan=scan)
    worklist.refresh(study)
    messenger.announce_on_commit([scan.pk])
    facts = {"sha256": scan.sha256, "bytes": scan.size_bytes}
    filed = Entry(held, "held_film.filed", {"how": how}, study=study, rows=[stored])
    received = Entry(scan, "scan.received", facts, rows=[Stored(scan)])
    history.write_all([*entries, *more, received, filed], actor=actor)
    return study


def _scan_of(held: HeldFilm, study: Study) -> Scan:
    """A film's row: it waits for its analysis like any other, in its sender's line."""
    facts = filing.facts_of(held.header)
    return Scan.objects.create(
        study=study,
        clinic=held.clinic,
        original_name=held.original_name,
        original=held.original,
        sha256=held.sha256,
        size_bytes=held.size_bytes,
        media_type=held.media_type,
        width=held.width,
        height=held.height,
        sender=held.sender,
        received_at=held.received_at,
        **filing.columns_of(facts, held.header),
    )


def _check_identifier(held: HeldFilm) -> None:
    taken = Scan.objects.filter(clinic=held.clinic_id, sop_instance_uid=held.sop_instance_uid)
    others = HeldFilm.objects.filter(clinic=held.clinic_id, sop_instance_uid=held.sop_instance_uid)
    others = others.exclude(pk=held.pk).exclude(outcome=HeldOutcome.REJECTED)
    if held.sop_instance_uid and (taken.exists() or others.exists()):
        raise NotSettled(
            "Another film with the same identifier (SOP Instance UID) came in meanwhile. Only one of them "
            "can be on record."
        )


def _settle(
    held: HeldFilm, actor: User, outcome: str, *, reason: str = "", scan: Scan | None = None
) -> Stored:
    held.outcome, held.settled_at, held.settled_by = outcome, timezone.now(), actor
    held.reason, held.scan = reason, scan
    held.save(update_fields=SETTLED)
    return Stored(held, SETTLED)
