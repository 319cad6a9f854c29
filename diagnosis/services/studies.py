"""Creates and corrects studies and moves films to the right patient, and records each change."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, TypedDict, Unpack, cast

from django.db import transaction
from django.utils import timezone

from accounts.audit import Actor, Stored
from accounts.models import User
from diagnosis import spelling
from diagnosis.models import Door, Patient, PcrResult, Scan, Study
from diagnosis.services import history, worklist
from diagnosis.services.corrections import change_fields, check_shown
from diagnosis.services.history import Entry
from diagnosis.services.locking import lock_clinic
from diagnosis.services.patients import PatientFacts, place_patient

CANCELLED = ("cancelled_at", "cancelled_by", "cancelled_reason")


class StudyFacts(TypedDict, total=False):
    accession_number: str
    taken_at: datetime | None
    reason: str
    symptoms: str
    symptoms_onset: date | None
    pcr_result: str
    urgent: bool


_UNSAID: Final[Mapping[str, Any]] = {
    "accession_number": "", "reason": "", "symptoms": "", "pcr_result": PcrResult.UNKNOWN.value,
    "urgent": False,
}  # fmt: skip


def create_study(
    *, patient: Patient, actor: Actor, door: str = Door.BROWSER, **facts: Unpack[StudyFacts]
) -> Study:
    """Create a study of the patient, in the patient's clinic; audit `study.created`."""
    with transaction.atomic():
        lock_clinic(patient.clinic_id)
        study, entries = place_study(patient=patient, actor=actor, door=door, **facts)
        history.write_all(entries, actor=actor)
    return study


def update_study(
    *, study: Study, actor: Actor, shown: Mapping[str, Any] | None = None, **facts: Unpack[StudyFacts]
) -> Study:
    """Correct a study's facts and return it; audit `study.updated` names the fields, not their content.

    `shown`: the values that the person saw before. Raises corrections.Outdated if one of them is not
    the record's any more.
    """
    values = {name: value for name, value in facts.items() if name != "taken_at" or value is not None}
    with transaction.atomic():
        locked = worklist.lock(study.pk)  # alone: a join would lock its clinic and its patient after it
        check_shown(locked, shown or {}, values)
        changed = change_fields(locked, values)
        if "urgent" in changed:
            worklist.refresh(locked)
        if changed:
            stored = [Stored(locked, changed)]
            history.write(locked, "study.updated", {"fields": changed}, actor=actor, rows=stored)
    return locked


def cancel_study(*, study: Study, actor: User, reason: str) -> bool:
    """Take a study that was entered by mistake off the worklist; audit `study.cancelled`.

    Its films, results and reviews stay on record. The reason stays on the row, since it may name somebody.
    False if it was cancelled before. Raises ValueError without a reason.
    """
    reason = spelling.tidy(reason)
    if not reason:
        raise ValueError("A study is cancelled with a reason.")
    with transaction.atomic():
        locked = worklist.lock(study.pk)
        if locked.cancelled_at is not None:
            return False
        history.write_all(cancelled(locked, actor=actor, reason=reason), actor=actor)
    return True


def cancelled(locked: Study, *, actor: User, reason: str) -> list[Entry]:
    """`cancel_study` in the caller's transaction, for a study whose row is locked."""
    _cancel(locked, actor, reason)
    return [Entry(locked, "study.cancelled", rows=[Stored(locked, CANCELLED)])]


def reopen_study(*, study: Study, actor: Actor) -> bool:
    """Put a cancelled study back into the worklist; audit `study.reopened`. False if it is not cancelled."""
    with transaction.atomic():
        entries = reopened(worklist.lock(study.pk))
        history.write_all(entries, actor=actor)
    return bool(entries)


def reopened(locked: Study) -> list[Entry]:
    """`reopen_study` in the caller's transaction, for a study whose row is locked."""
    if locked.cancelled_at is None:
        return []
    locked.cancelled_at, locked.cancelled_by, locked.cancelled_reason = None, None, ""
    locked.save(update_fields=CANCELLED)
    worklist.refresh(locked)
    return [Entry(locked, "study.reopened", rows=[Stored(locked, CANCELLED)])]


def _cancel(locked: Study, actor: Actor, reason: str) -> None:
    locked.cancelled_at, locked.cancelled_reason = timezone.now(), reason
    locked.cancelled_by = actor if isinstance(actor, User) else None
    locked.save(update_fields=CANCELLED)
    worklist.refresh(locked)


def place_study(
    *,
    patient: Patient,
    actor: Actor,
    door: str = Door.BROWSER,
    instance_uid: str = "",
    **facts: Unpack[StudyFacts],
) -> tuple[Study, list[Entry]]:
    """`create_study` in the caller's transaction; the caller writes the returned audit entries.

    `instance_uid`: as its films came with it; without one the study gets its own.
    """
    values = {name: value for name, value in facts.items() if value is not None}
    if instance_uid:
        values["instance_uid"] = instance_uid
    study = Study.objects.create(
        clinic=patient.clinic,
        patient=patient,
        door=door,
        created_by=actor if isinstance(actor, User) else None,
        **values,
    )
    worklist.refresh(study)
    return study, [Entry(study, "study.created", {"door": str(door)}, rows=[Stored(study)])]


def kept_facts(facts: StudyFacts) -> dict[str, Any]:
    """What these say, as JSON can hold it until `read_facts` reads it again."""
    said = {name: value for name, value in facts.items() if value not in (_UNSAID.get(name), None)}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def read_facts(kept: Mapping[str, Any]) -> StudyFacts:
    """The facts again, from what `kept_facts` made of them."""
    facts = dict(kept)
    if "taken_at" in facts:
        facts["taken_at"] = datetime.fromisoformat(facts["taken_at"])
    if "symptoms_onset" in facts:
        facts["symptoms_onset"] = date.fromisoformat(facts["symptoms_onset"])
    return cast(StudyFacts, facts)


def more(told: StudyFacts, said: StudyFacts) -> StudyFacts:
    """What a film's header tells and what its sender says, whose word goes before it."""
    return cast(StudyFacts, {**told, **said})


def add_facts(study: Study, facts: StudyFacts) -> list[Entry]:
    """Give a study on record, its row locked, what it does not say yet; nothing it says is changed.

    In the caller's transaction; the caller writes the returned entries.
    """
    empty = {
        name: value for name, value in facts.items() if getattr(study, name) in (_UNSAID.get(name), None)
    }
    changed = change_fields(study, empty)
    return (
        [Entry(study, "study.updated", {"fields": changed}, rows=[Stored(study, changed)])] if changed else []
    )


def patient_was_known(study: Study) -> bool:
    """Whether the patient had a study before this one: then a mistyped number may have led to them."""
    return Study.objects.filter(patient=study.patient_id, pk__lt=study.pk).exists()


class MoveRefused(Exception):
    """The film was not moved; `field` is the form field to correct, or ""."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.message, self.field = message, field
        super().__init__(message)


def move_film(*, scan: Scan, number: str, actor: Actor, **facts: Unpack[PatientFacts]) -> Study:
    """Move a film into a new study of the clinic's patient with this number; returns that study.

    The patient is found or created by the same rules as for a new study. Predictions and reviews belong to
    the film and go with it. The new study has the same time and urgency; reason, symptoms, PCR and accession
    stay behind, because only a person can tell whom they are about. Audit `scan.moved` on both studies, by
    public id. Raises MoveRefused and patients.PatientMismatch.
    """
    _check_movable(scan, scan.study)
    with transaction.atomic():
        clinic = lock_clinic(scan.clinic_id)
        patient, entries = place_patient(clinic=clinic, number=number, **facts)
        old = worklist.lock(scan.study_id)  # the new one needs no lock: nobody sees it until we commit
        _check_movable(scan, old)
        if patient.pk == old.patient_id:
            raise MoveRefused("The film is already filed under this number.", field="number")
        new, made = place_study(
            patient=patient, actor=actor, door=old.door, taken_at=old.taken_at, urgent=old.urgent
        )
        Scan.objects.filter(pk=scan.pk).update(study=new)
        entries += made
        entries += [
            Entry(scan, "scan.moved", {"to": history.subject_of(new)}, study=old),
            Entry(
                scan,
                "scan.moved",
                {"from": history.subject_of(old)},
                study=new,
                rows=[Stored(scan, ["study"])],
            ),
        ]
        if old.urgent and not old.scans.exists():
            # The urgent film has left; an empty urgent study would stay on top of the worklist for ever.
            old.urgent = False
            old.save(update_fields=["urgent"])
            calmed = [Stored(old, ["urgent"])]
            entries.append(Entry(old, "study.updated", {"fields": ["urgent"]}, rows=calmed))
        if old.cancelled_at is None and not old.scans.exists():
            _cancel(old, actor, "Its only film was moved to another patient.")
            cancelled = [Stored(old, CANCELLED)]
            entries.append(Entry(old, "study.cancelled", {"why": "film moved"}, rows=cancelled))
        worklist.refresh(old)
        worklist.refresh(new)
        history.write_all(entries, actor=actor)
    return new


def _check_movable(scan: Scan, old: Study) -> None:
    film = Scan.objects.filter(pk=scan.pk, study=old).first()
    if film is None:
        raise MoveRefused("This film has been moved in the meantime. Open its study again.")
    if not film.is_final:
        raise MoveRefused("This film is being analysed. Wait until that is finished, then move it.")
