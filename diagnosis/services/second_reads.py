"""Second readers: asked for by name or by a clinic's rule, blind to the first; a third where the two differ.

The first signature stands meanwhile. Each function that stores something returns the entry for the record,
which its caller writes as the last step of the same transaction.
"""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import Role, User
from accounts.models.membership import people_of
from accounts.permissions import may_manage_clinic, may_review
from diagnosis.models import (
    AskedWhy,
    FirstRead,
    ReadingRules,
    Review,
    SecondReading,
    SecondState,
    Study,
    StudyState,
)
from diagnosis.services import history, worklist
from diagnosis.services.history import Entry

CLOSED = ("state", "is_open", "closed_at")


class NotAsked(Exception):
    """Nobody was asked; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def open_reading(study: Study) -> SecondReading | None:
    """The second reading that the study waits for, if there is one."""
    found = SecondReading.objects.filter(study=study, is_open=True)
    return found.select_related("first_doctor", "asked_of", "asked_by", "second__doctor").first()


def readers_of(study: Study) -> QuerySet[User]:
    """The clinic's doctors who may still be the second reader: they have neither signed nor given a word."""
    signed = Review.objects.filter(scan__study=study).values("doctor")
    heard = FirstRead.objects.filter(study=study).values("doctor")
    doctors = people_of(study.clinic_id, Role.DOCTOR)
    return doctors.exclude(pk__in=signed).exclude(pk__in=heard).order_by("last_name", "email")


def ask(*, study: Study, by: User, of: User | None) -> SecondReading:
    """Ask for a second reader, this one or anybody; audit `study.second_asked`. Raises NotAsked."""
    if not may_review(by) or by.clinic_id != study.clinic_id:
        raise NotAsked("Only a doctor of this clinic may ask for a second reader.")
    with transaction.atomic():
        row = worklist.lock(study.pk)
        first = Review.objects.filter(scan__study=row).select_related("doctor").order_by("-id").first()
        if first is None or row.state != StudyState.REVIEWED:
            raise NotAsked("The study is not signed yet. A second reader is asked once it is.")
        if open_reading(row) is not None:
            raise NotAsked("A second reading is under way already.")
        if of is not None and not readers_of(row).filter(pk=of.pk).exists():
            raise NotAsked(f"{of} has read this study already, or is no doctor of this clinic.")
        reading, entry = _asked(row, AskedWhy.NAMED, first.doctor, by=by, of=of)
        history.write_all([entry], actor=by)
    return reading


def withdraw(*, study: Study, by: User) -> bool:
    """Take back what was asked; audit `study.second_withdrawn`. False if nothing was open, or not theirs.

    What a rule asked for, the administrator alone takes back.
    """
    with transaction.atomic():
        worklist.lock(study.pk)
        reading = open_reading(study)
        if reading is None or not may_withdraw(reading, by):
            return False
        _close(reading, SecondState.WITHDRAWN)
        stored = [Stored(reading, CLOSED)]
        history.write(study, "study.second_withdrawn", actor=by, rows=stored)
    return True


def may_withdraw(reading: SecondReading, by: object) -> bool:
    if not isinstance(by, User) or by.clinic_id != reading.clinic_id:
        return False
    return may_manage_clinic(by) or (reading.why == AskedWhy.NAMED and reading.asked_by_id == by.pk)


def signed(*, study: Study, doctor: User) -> list[Entry]:
    """What a signature means for the second reading; call it in its transaction, the study summed up."""
    reading = open_reading(study)
    if reading is None:
        why = _rule(study, doctor)
        return [_asked(study, why, doctor, by=None, of=None)[1]] if why else []
    if reading.state != SecondState.DIFFERS or reading.second is None:
        return []
    others = {
        reading.first_doctor_id: reading.second.finding,
        reading.second.doctor_id: reading.first_finding,
    }
    if others.get(doctor.pk) == study.doctor_finding:  # one of the two came round to the other's word
        _close(reading, SecondState.AGREED)
        return [Entry(study, "study.second_settled", {"how": "agreed"}, rows=[Stored(reading, CLOSED)])]
    if doctor.pk in others:
        return []
    reading.third_doctor, reading.third_finding = doctor, study.doctor_finding
    _close(reading, SecondState.SETTLED, "third_doctor", "third_finding")
    stored = Stored(reading, [*CLOSED, "third_doctor", "third_finding"])
    return [Entry(study, "study.second_settled", {"how": "third reader"}, rows=[stored])]


def heard(*, study: Study, read: FirstRead) -> list[Entry]:
    """Put the second reader's word beside the first signature; call it in the transaction that keeps it."""
    reading = open_reading(study)
    if reading is None or reading.state != SecondState.WAITS:
        return []
    # the first signature may have been amended since somebody was asked
    reading.second, reading.first_finding = read, study.doctor_finding
    fields = ["second", "first_finding", "state"]
    if read.finding and read.finding == study.doctor_finding:
        _close(reading, SecondState.AGREED, "second", "first_finding")
        fields += CLOSED
    else:
        reading.state = SecondState.DIFFERS
        reading.save(update_fields=fields)
    return [Entry(study, "study.second_read", {"how": str(reading.state)}, rows=[Stored(reading, fields)])]


def to_give(reader: object) -> QuerySet[SecondReading]:
    """The readings that wait for this doctor: as second reader, or as third where two differ."""
    if not isinstance(reader, User) or not may_review(reader):
        return SecondReading.objects.none()
    waiting = SecondReading.objects.filter(clinic=reader.clinic_id, is_open=True, study__cancelled_at=None)
    own = Q(second__doctor=reader) | Q(first_doctor=reader)
    heard = FirstRead.objects.filter(doctor=reader).values("study")
    signed = Review.objects.filter(doctor=reader).values("scan__study")
    as_second = (
        Q(state=SecondState.WAITS)
        & (Q(asked_of=reader) | Q(asked_of=None))
        & ~Q(study__in=heard)
        & ~Q(study__in=signed)
    )
    return waiting.exclude(own).filter(as_second | Q(state=SecondState.DIFFERS))


def _rule(study: Study, doctor: User) -> AskedWhy | None:
    """Why the clinic's rule wants a second reader of a study that was just signed; once for each study."""
    rules = ReadingRules.of(study.clinic_id)
    if rules.pk is None or study.state != StudyState.REVIEWED:
        return None
    if SecondReading.objects.filter(study=study).exists() or not readers_of(study).exists():
        return None  # where nobody else could read it, it would wait for ever
    if str(doctor.public_id) in rules.trainees:
        return AskedWhy.TRAINEE
    told = study.network_finding
    if rules.second_on_difference and told and study.doctor_finding != told:
        return AskedWhy.DIFFERS
    return AskedWhy.SHARE if study.public_id.int % 100 < rules.second_share else None


def _asked(
    study: Study, why: AskedWhy, first: User, *, by: User | None, of: User | None
) -> tuple[SecondReading, Entry]:
    reading = SecondReading.objects.create(
        clinic_id=study.clinic_id,
        study=study,
        why=why,
        asked_by=by,
        asked_of=of,
        first_doctor=first,
        first_finding=study.doctor_finding,
    )
    facts = {"why": str(why), "of": str(of.public_id) if of else ""}
    return reading, Entry(study, "study.second_asked", facts, rows=[Stored(reading)])


def _close(reading: SecondReading, state: SecondState, *more: str) -> None:
    reading.state, reading.is_open, reading.closed_at = state, None, timezone.now()
    reading.save(update_fields=[*CLOSED, *more])
