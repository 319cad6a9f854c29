"""Takes in a DICOM film by any door: its header says whose it is, and nothing need be typed."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction

from accounts.audit import Stored
from accounts.models import Clinic
from diagnosis.imaging.dicom.header import DicomHeader, read_facts
from diagnosis.imaging.dicom.identifiers import identifiers
from diagnosis.imaging.dicom.sameness import is_same_film
from diagnosis.imaging.header import MIN_SIDE, FilmSource
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.models import HeldFilm, HeldOutcome, HeldWhy, Scan, Study
from diagnosis.services import faults, history, storage, studies, turns, worklist
from diagnosis.services.filing import (
    Contradiction,
    OtherStudy,
    Told,
    columns_of,
    place,
    said_otherwise,
    told_by,
)
from diagnosis.services.history import Entry
from diagnosis.services.intake.films import (
    DUPLICATE,
    OTHER_PATIENT,
    RECEIVED,
    REFUSED,
    FilmOutcome,
    IntakeResult,
    StoredFilm,
    ask_again,
    checked_size,
    clean_name,
    outcome_of,
    place_scan,
    refusal_entry,
)
from diagnosis.services.intake.identifiers import kept_under, uid_taken
from diagnosis.services.intake.outcome import CONFLICT, HELD, InstanceOutcome, Origin
from diagnosis.services.locking import lock_clinic
from diagnosis.services.messenger import announce_on_commit
from diagnosis.services.studies import StudyFacts

_TRIES: Final = 3
_SETTLES: Final = "A doctor or an administrator of the clinic settles it under “Films to settle”."
_WHY_HELD: Final = {
    HeldWhy.OTHER_PERSON: "its patient number is on record for somebody else",
    HeldWhy.OTHER_STUDY: "its study is on record for another patient",
    HeldWhy.NO_NUMBER: "it names no patient number that can be used",
}
_WAITS: Final = f"The same file came in before and waits for a person. {_SETTLES}"
_REJECTED: Final = "The same file came in before, and a person rejected it. It was not added again."


def receive_instance(
    *,
    origin: Origin,
    film: FilmSource,
    name: str,
    study_instance_uid: str = "",
    into: Study | None = None,
    own: Path | None = None,
    said: StudyFacts | None = None,
) -> InstanceOutcome:
    """Take one DICOM film: check, store, file under its patient and study, record and queue it.

    study_instance_uid: the study that the sender says it belongs to, refused if it is another. into: the
    same, for a study on record, which takes on the identifier of its first film. own: the film's own file,
    which may be moved to its place instead of copied. said: what the sender says of the examination; it
    goes before the header. Never raises for what is wrong with the film. Raises database errors and
    `FilmRefused(not_stored)` where the sender should try again later; nothing is on record then.
    """
    name = clean_name(name)
    try:
        checked = _checked(origin, film, name, study_instance_uid, studies.kept_facts(said or {}))
    except FilmRefused as refusal:
        if refusal.code == Refusal.STORAGE:
            raise refusal.named(name) from refusal
        return refuse_instance(origin=origin, refusal=refusal.named(name), film=film)
    outcome = _in_one_transaction(lambda: _known_again(origin, checked))
    if outcome is None:  # what is known already needs no room on the disk
        path, _ = storage.keep_original(
            clinic=origin.clinic, film=film, header=checked.header, sha256=checked.sha256, own=own
        )
        try:
            outcome = _in_one_transaction(lambda: _written(origin, checked, path, into))
        except OtherStudy:
            return refuse_instance(origin=origin, refusal=other_study().named(name), film=film)
    assert outcome is not None
    if outcome.outcome == DUPLICATE and outcome.scan is not None:
        known = FilmOutcome(name, into or outcome.scan.study, outcome.scan, duplicate=True)
        if known.outcome == OTHER_PATIENT:
            return replace(outcome, outcome=OTHER_PATIENT, code=OTHER_PATIENT, text=known.text)
        again = outcome_of(name, outcome.scan.study, IntakeResult(outcome.scan, duplicate=True))
        ask_again([again], actor=origin.actor)
    return outcome


@dataclass(frozen=True)
class _Checked:
    """A film that may be taken; nothing of it is kept yet."""

    name: str
    sha256: str
    size_bytes: int
    header: DicomHeader
    told: Told
    film: FilmSource
    said: dict[str, Any]


def _checked(
    origin: Origin, film: FilmSource, name: str, study_instance_uid: str, said: dict[str, Any]
) -> _Checked:
    size = checked_size(film)
    header = read_facts(
        film, max_pixels=settings.MAX_FILM_PIXELS, min_side=MIN_SIDE, character_set=origin.character_set
    )
    if study_instance_uid and header.facts.study_instance_uid != study_instance_uid:
        raise other_study()
    told = told_by(header.facts, origin.clinic)
    told = replace(told, study=studies.more(told.study, studies.read_facts(said)))
    return _Checked(name, storage.digest(film), size, header, told, film, said)


def other_study() -> FilmRefused:
    """The refusal of a film that was sent for a study that it does not belong to."""
    return FilmRefused(
        Refusal.OTHER_STUDY,
        "The film belongs to another study, or to another patient, than the study it was sent for.",
        "Send it by itself, for example under “New study”: it then finds its own.",
    )


def _in_one_transaction(work: Callable[[], InstanceOutcome | None]) -> InstanceOutcome | None:
    """Run it in a transaction, again after a deadlock or when somebody else was faster."""
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                return work()
        except IntegrityError:
            if attempt == _TRIES:
                raise
        except OperationalError as error:
            if attempt == _TRIES or not set(error.args[:1]) & faults.DEADLOCK:
                raise
    raise AssertionError("the last attempt returns or raises")


def _known_again(origin: Origin, checked: _Checked) -> InstanceOutcome | None:
    """The outcome of a film that is on record already, by its bytes or its identifier; None for a new one."""
    outcome, entry = _known(origin.clinic, checked)
    if entry is not None:
        history.write_all([entry], actor=origin.actor)
    return outcome


def _known(clinic: Clinic, checked: _Checked) -> tuple[InstanceOutcome | None, Entry | None]:
    facts: dict[str, Any] = {"sha256": checked.sha256, "bytes": checked.size_bytes}
    scans = Scan.objects.select_related("study__patient", "study__clinic").filter(clinic=clinic)
    held_films = HeldFilm.objects.filter(clinic=clinic).select_related("clinic")
    other = kept_under(clinic, checked.header.facts.sop_instance_uid, checked.sha256)
    known = _same_film(other, checked)  # under the meta header of another program
    if scan := scans.filter(sha256=known).first():
        again = outcome_of(checked.name, scan.study, IntakeResult(scan, duplicate=True))
        text = again.text.replace("already in this study", "already on record")
        outcome = _outcome(checked, DUPLICATE, text=text, code=DUPLICATE, scan=scan)
        return outcome, Entry(scan, "scan.received_again", facts)
    if held := held_films.filter(sha256=known).first():
        text = _REJECTED if held.outcome == HeldOutcome.REJECTED else _WAITS
        outcome = _outcome(checked, DUPLICATE, text=text, code=DUPLICATE, held=held)
        return outcome, Entry(held, "held_film.received_again", facts)
    if other is None:
        return None, None
    outcome = _outcome(checked, CONFLICT, text=uid_taken().text, code=Refusal.UID_TAKEN)
    if fields := said_otherwise(checked.told.record, other.header):
        facts["fields"] = fields
    return outcome, Entry(other, "scan.conflict", facts)


def _same_film(other: Scan | HeldFilm | None, checked: _Checked) -> str:
    """The SHA-256 of the file on record that holds this film: its own, or that of another wrapping."""
    if other is not None:
        with contextlib.suppress(OSError), storage.path_of(other.original).open("rb") as kept:
            if is_same_film(kept, checked.film):
                return other.sha256
    return checked.sha256


def _written(origin: Origin, checked: _Checked, path: str, into: Study | None) -> InstanceOutcome:
    """The outcome of a film that is on disk; its rows are written, the audit entries last."""
    # One film of a clinic at a time: two with one identifier would each not see the other.
    clinic = lock_clinic(origin.clinic.pk)
    known = _known_again(origin, checked)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            study, entries = place(
                clinic=clinic, told=checked.told, actor=origin.actor, door=origin.door, into=into
            )
    except Contradiction as contradiction:
        return _hold(origin, checked, path, contradiction)
    result, more = place_scan(study=study, stored=_stored_film(checked, path), actor=origin.actor)
    worklist.refresh(study)
    announce_on_commit([result.scan.pk])
    history.write_all([*entries, *more], actor=origin.actor)
    return _outcome(checked, RECEIVED, scan=result.scan)


def _stored_film(checked: _Checked, path: str) -> StoredFilm:
    """The film as `films.place_scan` takes it, with what its row holds of the header."""
    return StoredFilm(
        checked.name,
        path,
        checked.sha256,
        checked.size_bytes,
        checked.header,
        more=columns_of(checked.header.facts, checked.told.record),
    )


def _hold(origin: Origin, checked: _Checked, path: str, why: Contradiction) -> InstanceOutcome:
    """Keep a film that contradicts the record for a person to settle; audit `held_film.held`."""
    facts = checked.header.facts
    held = HeldFilm.objects.create(
        clinic=origin.clinic,
        why=why.why,
        original_name=checked.name,
        original=path,
        sha256=checked.sha256,
        size_bytes=checked.size_bytes,
        media_type=checked.header.media_type,
        width=checked.header.width,
        height=checked.header.height,
        sop_instance_uid=facts.sop_instance_uid,
        study_instance_uid=facts.study_instance_uid,
        header=checked.told.record,
        said=checked.said,
        patient=why.patient,
        study=why.study,
        door=origin.door,
        sender=turns.sender_of(origin.actor),
    )
    told = {"why": why.why, "sha256": held.sha256, "bytes": held.size_bytes}
    if why.fields:
        told["fields"] = ", ".join(sorted(why.fields))
    entries = [Entry(held, "held_film.held", told, rows=[Stored(held)])]
    history.write_all(entries, actor=origin.actor)
    text = f"The film is kept but not filed yet: {_WHY_HELD[HeldWhy(why.why)]}. {_SETTLES}"
    return _outcome(checked, HELD, code=why.why, text=text, held=held)


def refuse_instance(*, origin: Origin, refusal: FilmRefused, film: Any) -> InstanceOutcome:
    """The outcome of a file that is no film of ours; audit `scan.refused`.

    film: its bytes, or something with their number as `size` where they were not kept.
    """
    with transaction.atomic():
        history.write_all([refusal_entry(origin.clinic, refusal, film)], actor=origin.actor)
    sop_class, uid = identifiers(film) if hasattr(film, "read") else ("", "")
    return InstanceOutcome(
        refusal.name, REFUSED, refusal.code, refusal.text, sop_class=sop_class, sop_instance_uid=uid
    )


def _outcome(
    checked: _Checked,
    outcome: str,
    *,
    code: str = "",
    text: str = "",
    scan: Scan | None = None,
    held: HeldFilm | None = None,
) -> InstanceOutcome:
    facts = checked.header.facts
    return InstanceOutcome(
        checked.name,
        outcome,
        str(code),
        text,
        sop_class=facts.sop_class,
        sop_instance_uid=facts.sop_instance_uid,
        study_instance_uid=facts.study_instance_uid,
        series_instance_uid=facts.series_instance_uid,
        scan=scan,
        held=held,
    )
