"""Puts the films of a study that was entered twice into the right one of the same patient."""

from django.db import transaction

from accounts.audit import Stored
from accounts.models import User
from diagnosis import spelling
from diagnosis.models import FINAL_STATUSES, Scan, Study
from diagnosis.services import history, studies, worklist
from diagnosis.services.history import Entry


class JoinRefused(Exception):
    """Both studies stay as they are; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def join_studies(*, study: Study, into: Study, actor: User, reason: str) -> Study:
    """Move all films of a study into another one of the patient, and cancel the empty one; returns `into`.

    Results and reviews belong to the films and go with them. Audit `scan.refiled` for each film on both
    studies, `study.cancelled` on the first. The reason stays on its row. Raises JoinRefused.
    """
    reason = spelling.tidy(reason)
    if not reason:
        raise JoinRefused("Say why the two are one study.")
    with transaction.atomic():
        first, second = sorted((study.pk, into.pk))
        rows = {key: worklist.lock(key) for key in {first, second}}
        old, new = rows[study.pk], rows[into.pk]
        films = list(Scan.objects.filter(study=old).order_by("pk"))
        _check(old, new, films)
        Scan.objects.filter(pk__in=[film.pk for film in films]).update(study=new)
        entries = []
        for film in films:
            entries.append(Entry(film, "scan.refiled", {"to": history.subject_of(new)}, study=old))
            rows_of_film = [Stored(film, ["study"])]
            entries.append(
                Entry(film, "scan.refiled", {"from": history.subject_of(old)}, study=new, rows=rows_of_film)
            )
        entries += studies.cancelled(old, actor=actor, reason=f"Merged into another study: {reason}"[:500])
        if old.urgent and not new.urgent:
            new.urgent = True
            new.save(update_fields=["urgent"])
            urgent = [Stored(new, ["urgent"])]
            entries.append(Entry(new, "study.updated", {"fields": ["urgent"]}, rows=urgent))
        worklist.refresh(new)
        history.write_all(entries, actor=actor)
    return new


def _check(old: Study, new: Study, films: list[Scan]) -> None:
    if old.pk == new.pk:
        raise JoinRefused("This is the same study.")
    if old.patient_id != new.patient_id or old.clinic_id != new.clinic_id:
        raise JoinRefused("The two studies are of different patients. Move the films one by one instead.")
    if old.cancelled_at is not None or new.cancelled_at is not None:
        raise JoinRefused("One of the two is cancelled. Reopen it first.")
    if any(film.status not in FINAL_STATUSES for film in films):
        raise JoinRefused("A film is being analysed. Wait until that is finished, then merge.")
