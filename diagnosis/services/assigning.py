"""Says whose a study is to read."""

from collections.abc import Iterable

from django.db import transaction

from accounts.audit import Stored
from accounts.models import Role, User
from accounts.models.membership import people_of
from accounts.permissions import may_settle
from diagnosis.models import Study
from diagnosis.services import history, worklist
from diagnosis.services.history import Entry


class AssignRefused(Exception):
    """Nothing was assigned; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def assign(*, studies: Iterable[Study], doctor: User | None, actor: User) -> int:
    """Assign studies to a doctor of their clinic, or to nobody; audit `study.assigned`. How many changed.

    Raises AssignRefused.
    """
    if not may_settle(actor):
        raise AssignRefused("Only doctors and administrators say who reads a study.")
    rows = list(studies)
    if any(study.clinic_id != actor.clinic_id for study in rows):
        raise AssignRefused("A study of another clinic cannot be assigned.")
    if doctor is not None and not _reads_in(doctor, actor):
        raise AssignRefused("Choose a doctor of your clinic.")
    entries = []
    with transaction.atomic():
        for key in sorted(study.pk for study in rows):
            locked = worklist.lock(key)
            if locked.assigned_to_id == (doctor.pk if doctor else None):
                continue
            locked.assigned_to = doctor
            locked.save(update_fields=["assigned_to"])
            facts = {"to": str(doctor.public_id) if doctor else ""}
            entries.append(Entry(locked, "study.assigned", facts, rows=[Stored(locked, ["assigned_to"])]))
        history.write_all(entries, actor=actor)
    return len(entries)


def doctors_of(actor: User) -> list[User]:
    """The doctors of the actor's clinic whom a study can be assigned to."""
    if actor.clinic_id is None:
        return []
    return sorted(people_of(actor.clinic_id, Role.DOCTOR), key=str)


def _reads_in(doctor: User, actor: User) -> bool:
    return doctor.pk in {one.pk for one in doctors_of(actor)}
