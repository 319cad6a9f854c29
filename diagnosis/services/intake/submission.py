"""Takes in a whole study in one API request: patient, study and films, or nothing at all.

The films are stored before the transaction begins; the rows are written in one transaction with the audit
events last. A request whose films are all refused, or all on record already, creates no study.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import IntegrityError, OperationalError, transaction

from accounts.audit import Actor
from accounts.models import Clinic
from diagnosis import spelling
from diagnosis.imaging.header import FilmSource
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import HeldWhy, Study, Submission
from diagnosis.services import doubts, faults, history, messenger, patients, storage, studies, worklist
from diagnosis.services.filing import Contradiction, Told, place
from diagnosis.services.history import Entry
from diagnosis.services.intake.agreement import agreed, with_columns
from diagnosis.services.intake.films import (
    DUPLICATE,
    OTHER_PATIENT,
    FilmOutcome,
    StoredFilm,
    ask_again,
    outcome_of,
    place_scan,
    refusal_entry,
    store,
)
from diagnosis.services.intake.identifiers import known_otherwise
from diagnosis.services.locking import lock_clinic
from diagnosis.services.patients import PatientFacts, PatientMismatch
from diagnosis.services.studies import StudyFacts

_TRIES: Final = 3

Answer = list[dict[str, Any]]


@dataclass(frozen=True)
class Request:
    """A submission. fields: all but the films, as text, to recognise a repeat. character_set: of films that
    name none.
    """

    clinic: Clinic
    actor: Actor
    door: str
    number: str
    patient: PatientFacts
    study: StudyFacts
    films: Sequence[tuple[FilmSource, str]]
    fields: Sequence[tuple[str, str]] = ()
    key: str = ""
    character_set: str = ""


@dataclass(frozen=True)
class Submitted:
    """The study of a request. `created`: a new one; `repeated`: by an earlier request with the same key."""

    study: Study
    films: Answer
    created: bool
    repeated: bool = False
    warnings: Answer = field(default_factory=list)


class KeyReused(Exception):
    """The idempotency key belongs to an earlier request with other content."""


class NothingKept(Exception):
    """No film of the request was new, so no study was created; `films` says why for each."""

    def __init__(self, films: Answer) -> None:
        super().__init__()
        self.films = films

    @property
    def on_record(self) -> bool:
        """Whether some of the films are on record already, so that sending them again would not help."""
        return any(film["outcome"] in (DUPLICATE, OTHER_PATIENT) for film in self.films)


class _KeyTaken(Exception):
    pass


@dataclass
class _Work:
    request: Request
    fingerprint: str
    told: Told | None = None
    taken: list[StoredFilm | FilmRefused] = field(default_factory=list)
    refusals: list[Entry] = field(default_factory=list)
    conflicts: list[Entry] = field(default_factory=list)
    again: list[Entry] = field(default_factory=list)
    outcomes: list[FilmOutcome] = field(default_factory=list)


def submit(request: Request) -> Submitted:
    """Create the study of a request, once.

    Raises patients.PatientMismatch, filing.Contradiction, KeyReused, NothingKept and what `agreement.agreed`
    raises; each leaves behind only the audit events of films that are none, or on record already.
    """
    work = _Work(request, _fingerprint(request) if request.key else "")
    repeated = _earlier(work)
    if repeated is not None:
        return repeated
    work.told = agreed(
        clinic=request.clinic,
        number=request.number,
        patient=request.patient,
        study=request.study,
        films=[film for film, _ in request.films],
        character_set=request.character_set,
    )
    _store_films(work)
    try:
        submitted = _in_one_transaction(work)
        ask_again(work.outcomes, actor=request.actor)
        return submitted
    except _KeyTaken:  # the same request came in at the same time and was faster
        repeated = _earlier(work)
        if repeated is None:
            raise
        return repeated
    except NothingKept as nothing:
        with transaction.atomic():
            history.write_all([*work.refusals, *work.conflicts, *work.again], actor=request.actor)
        ask_again(work.outcomes, actor=request.actor)
        known = _known_study(work.told.number, nothing.films)
        if known is None:
            raise
        return Submitted(known, nothing.films, created=False)


def _fingerprint(request: Request) -> str:
    """SHA-256 over the fields, in any order, and the films' bytes, in theirs; file names do not count."""
    hasher = hashlib.sha256()
    for name, value in sorted(request.fields):
        hasher.update(f"{len(name)}:{name}={len(value)}:{value}\n".encode())
    for film, _ in request.films:
        hasher.update(f"{getattr(film, 'size', '')} {storage.digest(film)}\n".encode())
    return hasher.hexdigest()


def _stored_key(key: str) -> str:
    # Hashed, because databases differ in whether "a" equals "A", and a sender may use a secret as key.
    return hashlib.sha256(key.encode()).hexdigest()


def _earlier(work: _Work) -> Submitted | None:
    if not work.request.key:
        return None
    found = (
        Submission.objects.select_related("study__patient", "study__clinic")
        .filter(clinic=work.request.clinic, key=_stored_key(work.request.key))
        .first()
    )
    if found is None:
        return None
    if found.fingerprint != work.fingerprint:
        raise KeyReused
    told = found.answer
    return Submitted(
        found.study,
        told["films"],
        created=told.get("created", True),
        repeated=True,
        warnings=told.get("warnings", []),
    )


def _store_films(work: _Work) -> None:
    request = work.request
    for film, name in request.films:
        try:
            stored = store(clinic=request.clinic, film=film, name=name, character_set=request.character_set)
            work.taken.append(replace(stored, more=with_columns(stored.header, request.clinic)))
        except FilmRefused as refusal:
            work.taken.append(refusal)
            work.refusals.append(refusal_entry(request.clinic, refusal, film))


def _in_one_transaction(work: _Work) -> Submitted:
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                return _write(work)
        except OperationalError as error:
            if attempt == _TRIES or not set(error.args[:1]) & faults.DEADLOCK:
                raise
    raise AssertionError("the last attempt returns or raises")


def _write(work: _Work) -> Submitted:
    request = work.request
    study, entries = _placed(work)
    is_new = any(entry.action == "patient.created" for entry in entries)
    created = any(entry.action == "study.created" for entry in entries)
    remembered = _remember(work, study)  # before the scans: an identical request waits here
    outcomes, work.conflicts, work.again = [], [], []
    for taken in work.taken:
        if isinstance(taken, FilmRefused):
            outcomes.append(FilmOutcome(taken.name, study, refusal=taken))
            continue
        facts = {"sha256": taken.sha256, "bytes": taken.size_bytes}
        uid = taken.more.get("sop_instance_uid", "")
        if known := known_otherwise(request.clinic, uid, taken.sha256):
            outcomes.append(FilmOutcome(taken.name, study, refusal=known.refusal))
            work.conflicts.append(Entry(known.other, known.action, facts))
            continue
        result, more = place_scan(study=study, stored=taken, actor=work.request.actor)
        outcomes.append(outcome_of(taken.name, study, result))
        entries += more
        if result.duplicate:  # if nothing is kept, there is no study that these entries could name
            work.again.append(Entry(result.scan, "scan.received_again", facts))
    work.outcomes = outcomes
    found = [*(doubts.about_patient(study.patient) if is_new else []), *doubts.about_study(study)]
    warnings = [{"code": doubt.code, "message": doubt.text} for doubt in found]
    answer = [_described(outcome) for outcome in outcomes]
    new = [outcome.scan.pk for outcome in outcomes if outcome.scan and not outcome.duplicate]
    if not new:
        raise NothingKept(answer)
    if remembered is not None:
        remembered.answer = {"films": answer, "warnings": warnings, "created": created}
        remembered.save(update_fields=["answer"])
    worklist.refresh(study)
    messenger.announce_on_commit(new)
    history.write_all([*entries, *work.refusals, *work.conflicts], actor=request.actor)
    return Submitted(study, answer, created=created, warnings=warnings)


def _placed(work: _Work) -> tuple[Study, list[Entry]]:
    """The request's study: that of its DICOM films if it is on record, else a new one."""
    request, told = work.request, work.told
    assert told is not None
    clinic = lock_clinic(request.clinic.pk)
    if not told.study_instance_uid:
        patient, entries = patients.place_patient(clinic=clinic, number=told.number, **told.patient)
        study, more = studies.place_study(
            patient=patient, actor=request.actor, door=request.door, **told.study
        )
        return study, [*entries, *more]
    try:
        study, entries = place(clinic=clinic, told=told, actor=request.actor, door=request.door)
        return study, [*entries, *studies.add_facts(study, request.study)]  # urgent only now, for example
    except Contradiction as why:
        if why.why != HeldWhy.OTHER_PERSON:
            raise
        raise PatientMismatch(told.number, why.fields, why.patient) from why


def _remember(work: _Work, study: Study) -> Submission | None:
    if not work.request.key:
        return None
    try:
        with transaction.atomic():
            return Submission.objects.create(
                clinic=study.clinic,
                key=_stored_key(work.request.key),
                fingerprint=work.fingerprint,
                study=study,
            )
    except IntegrityError as error:
        raise _KeyTaken from error


def _described(outcome: FilmOutcome) -> dict[str, Any]:
    scan, refusal = outcome.scan, outcome.refusal
    return {
        "name": outcome.name,
        "outcome": outcome.outcome,
        "code": refusal.code if refusal else "",
        "message": outcome.text,
        "id": str(scan.public_id) if scan else None,
        "study": str(scan.study.public_id) if scan else None,
    }


def _known_study(number: str, films: Answer) -> Study | None:
    """The one study that already holds every film of the request, if it is this patient's, else None."""
    homes = {film["study"] for film in films}
    if len(homes) != 1 or None in homes:
        return None
    study = Study.objects.select_related("patient", "clinic").get(public_id=homes.pop())
    same = spelling.exact_key(study.patient.number) == spelling.exact_key(number)
    return study if same else None
