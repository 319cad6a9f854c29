"""A whole study in one go, as a clinic's computer sends it: patient, study and films, or nothing at all.

The films are stored before the transaction begins, the rows are written in one transaction with the audit
events last. A request whose films are all refused, or all on record already, leaves no study behind.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import IntegrityError, OperationalError, transaction

from accounts.audit import Actor
from accounts.models import Clinic
from diagnosis.imaging.header import FilmSource
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Study, Submission
from diagnosis.services import intake, originals, records, worklist
from diagnosis.services.intake import FilmOutcome, StoredFilm
from diagnosis.services.records import Entry, PatientFacts, StudyFacts

# MariaDB and MySQL: lock wait timeout, deadlock found, and the savepoint that a deadlock took along
_DEADLOCK: Final = (1205, 1213, 1305)
_TRIES: Final = 3

Answer = list[dict[str, Any]]


@dataclass(frozen=True)
class Request:
    """What was sent. `fields` is everything but the films, as text, for the fingerprint of a repeat."""

    clinic: Clinic
    actor: Actor
    door: str
    number: str
    patient: PatientFacts
    study: StudyFacts
    films: Sequence[tuple[FilmSource, str]]
    fields: Sequence[tuple[str, str]] = ()
    key: str = ""


@dataclass(frozen=True)
class Submitted:
    """The study of a request. `created`: by this request; `repeated`: by an earlier one with the same key."""

    study: Study
    films: Answer
    created: bool
    repeated: bool = False


class KeyReused(Exception):
    """The idempotency key belongs to an earlier request with other content."""


class NothingKept(Exception):
    """No film of the request made a new scan; no study was made. `films` says why for each of them."""

    def __init__(self, films: Answer) -> None:
        super().__init__()
        self.films = films

    @property
    def on_record(self) -> bool:
        """Some of the films are on record already, so that sending them again would not help."""
        return any(film["outcome"] in ("duplicate", "other_patient") for film in self.films)


class _KeyTaken(Exception):
    pass


@dataclass
class _Work:
    request: Request
    fingerprint: str
    taken: list[StoredFilm | FilmRefused] = field(default_factory=list)
    refusals: list[Entry] = field(default_factory=list)


def submit(request: Request) -> Submitted:
    """Make the study of a request, once.

    Raises records.PatientMismatch, KeyReused and NothingKept; nothing is left behind by any of them but the
    audit events of refused films.
    """
    work = _Work(request, _fingerprint(request) if request.key else "")
    repeated = _earlier(work)
    if repeated is not None:
        return repeated
    _store_films(work)
    try:
        return _in_one_transaction(work)
    except _KeyTaken:  # the same request came in twice at once, and the other one was faster
        repeated = _earlier(work)
        if repeated is None:
            raise
        return repeated
    except NothingKept as nothing:
        with transaction.atomic():
            records.write_entries(work.refusals, actor=request.actor)
        known = _known_study(request, nothing.films)
        if known is None:
            raise
        return Submitted(known, nothing.films, created=False)


def _fingerprint(request: Request) -> str:
    """SHA-256 over the fields, in any order, and the bytes of the films, in theirs; names do not count."""
    hasher = hashlib.sha256()
    for name, value in sorted(request.fields):
        hasher.update(f"{len(name)}:{name}={len(value)}:{value}\n".encode())
    for film, _ in request.films:
        hasher.update(f"{getattr(film, 'size', '')} {originals.digest(film)}\n".encode())
    return hasher.hexdigest()


def _stored_key(key: str) -> str:
    # Hashed, because databases differ in whether "a" is "A", and a key may be any secret of its sender.
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
    return Submitted(found.study, found.answer["films"], created=True, repeated=True)


def _store_films(work: _Work) -> None:
    request = work.request
    for film, name in request.films:
        try:
            work.taken.append(intake.store(clinic=request.clinic, film=film, name=name))
        except FilmRefused as refusal:
            work.taken.append(refusal)
            work.refusals.append(intake.refusal_entry(request.clinic, refusal, film))


def _in_one_transaction(work: _Work) -> Submitted:
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                return _write(work)
        except OperationalError as error:
            if attempt == _TRIES or not set(error.args[:1]) & set(_DEADLOCK):
                raise
    raise AssertionError("the last attempt returns or raises")


def _write(work: _Work) -> Submitted:
    request = work.request
    patient, entries = records.place_patient(clinic=request.clinic, number=request.number, **request.patient)
    study, more = records.place_study(
        patient=patient, actor=request.actor, door=request.door, **request.study
    )
    entries += more
    remembered = _remember(work, study)  # before the scans: a twin of this request waits here, not there
    outcomes = []
    for taken in work.taken:
        if isinstance(taken, FilmRefused):
            outcomes.append(FilmOutcome(taken.name, refusal=taken))
            continue
        result, more = intake.place_scan(study=study, stored=taken)
        outcomes.append(intake.outcome_of(result, taken.name, study))
        entries += more
    answer = [_described(outcome, study) for outcome in outcomes]
    new = [outcome.scan.pk for outcome in outcomes if outcome.scan and not outcome.duplicate]
    if not new:
        raise NothingKept(answer)
    if remembered is not None:
        remembered.answer = {"films": answer}
        remembered.save(update_fields=["answer"])
    worklist.refresh(study)
    intake.announce_on_commit(new)
    records.write_entries([*entries, *work.refusals], actor=request.actor)
    return Submitted(study, answer, created=True)


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


def _described(outcome: FilmOutcome, study: Study) -> dict[str, Any]:
    if outcome.refusal is not None or outcome.scan is None:
        code = outcome.refusal.code if outcome.refusal else ""
        return {
            "name": outcome.name, "outcome": "refused", "code": code, "message": outcome.text,
            "id": None, "study": None,
        }  # fmt: skip
    word = "duplicate" if outcome.duplicate else "received"
    if outcome.scan.study.patient_id != study.patient_id:
        word = "other_patient"  # a program must be able to tell this from a harmless repeat
    return {
        "name": outcome.name,
        "outcome": word,
        "code": "",
        "message": outcome.text,
        "id": str(outcome.scan.public_id),
        "study": str(outcome.scan.study.public_id),
    }


def _known_study(request: Request, films: Answer) -> Study | None:
    """The one study that already holds every film of the request, if it is this patient's."""
    homes = {film["study"] for film in films}
    if len(homes) != 1 or None in homes:
        return None
    study = Study.objects.select_related("patient", "clinic").get(public_id=homes.pop())
    same = study.patient.number.casefold() == records.tidy(request.number).casefold()
    return study if same else None
