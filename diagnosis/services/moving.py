"""A film that was filed under the wrong patient moves to the right one, with all that was said about it."""

from typing import Unpack

from django.db import transaction

from accounts.audit import Actor
from diagnosis.models import Scan, Study
from diagnosis.services import worklist
from diagnosis.services.records import Entry, PatientFacts, place_patient, place_study, write_entries


class MoveRefused(Exception):
    """The film stays where it is; `field` is where the person can mend it ("" where nowhere)."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.message, self.field = message, field
        super().__init__(message)


def move_film(*, scan: Scan, number: str, actor: Actor, **facts: Unpack[PatientFacts]) -> Study:
    """Move a film into a new study of the clinic's patient of this number; returns that study.

    The patient is found or made by the same rules as at entry. Predictions and reviews hang on the film and
    go with it. The new study is taken at the same time and as urgent; reason, symptoms, PCR and accession
    stay, because nobody but a person knows whom they are about. Audit `scan.moved` on both studies, by
    public id. Raises MoveRefused, and records.PatientMismatch.
    """
    with transaction.atomic():
        old = worklist.lock(scan.study_id)  # the new one needs no lock: until we commit nobody else sees it
        _check_movable(scan, old)
        patient, entries = place_patient(clinic=old.clinic, number=number, **facts)
        if patient.pk == old.patient_id:
            raise MoveRefused("The film is filed under this number already.", field="number")
        new, made = place_study(
            patient=patient, actor=actor, door=old.door, taken_at=old.taken_at, urgent=old.urgent
        )
        Scan.objects.filter(pk=scan.pk).update(study=new)
        entries += made
        entries += _entries(scan, old, new)
        if old.urgent and not old.scans.exists():
            # What was urgent has left; an empty study would stand on top of the worklist for ever.
            old.urgent = False
            old.save(update_fields=["urgent"])
            entries.append(_entry("study.updated", f"study:{old.public_id}", old, {"fields": ["urgent"]}))
        worklist.refresh(old)
        worklist.refresh(new)
        write_entries(entries, actor=actor)
    return new


def _check_movable(scan: Scan, old: Study) -> None:
    film = Scan.objects.filter(pk=scan.pk, study=old).first()
    if film is None:
        raise MoveRefused("This film was moved meanwhile. Open its study again.")
    if not film.is_final:
        raise MoveRefused("This film is being analysed. Wait until that has ended, then move it.")


def _entries(scan: Scan, old: Study, new: Study) -> list[Entry]:
    subject = f"scan:{scan.public_id}"
    return [
        _entry("scan.moved", subject, old, {"to": f"study:{new.public_id}"}),
        _entry("scan.moved", subject, new, {"from": f"study:{old.public_id}"}),
    ]


def _entry(action: str, subject: str, study: Study, facts: dict[str, object]) -> Entry:
    return Entry(action, subject, study.clinic, study_id=str(study.public_id), facts=facts)
