"""Keeps a doctor's first word about a study, given before anything else was told them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import AuditEvent, User
from diagnosis.models import (
    ZONES,
    Finding,
    FirstRead,
    Prediction,
    ReadingRules,
    ReadStage,
    SecondReading,
    SecondState,
    Study,
)
from diagnosis.services import blindness, history, second_reads, worklist
from diagnosis.services.history import Entry

OPENED: Final = ("study.viewed", "report.viewed", "report.downloaded")
SALT: Final = "first read"


class WordRefused(Exception):
    """No word was kept; `field` is the form field to correct, or ""."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.message, self.field = message, field
        super().__init__(message)


def opened(*, study: Study, doctor: User) -> str:
    """When the page was first shown, for its form to bring back: signed, so that no time can be made up."""
    facts = [str(study.public_id), str(doctor.public_id), timezone.now().isoformat()]
    return signing.dumps(facts, salt=SALT)


def give(
    *, study: Study, doctor: User, finding: str, zones: Mapping[str, int | None], opened: str = ""
) -> FirstRead:
    """Keep the doctor's first word; audit `study.first_read`, without the word. Raises WordRefused.

    `finding`: "" where they cannot say; `zones`: grades 0 to 3, those that were given; `opened`: what the
    page brought back, see `opened`.
    """
    now = timezone.now()
    if finding not in ("", *Finding.values):
        raise WordRefused("Choose what you see.", field="finding")
    try:
        with transaction.atomic():
            row = worklist.lock(study.pk)
            if not blindness.is_unheard(doctor, study):
                raise WordRefused("Your first word is not asked here any more. Nothing was noted.")
            read = FirstRead.objects.create(
                study=study,
                doctor=doctor,
                stage=_stage(second_reads.open_reading(row)),
                finding=finding,
                zones={zone: zones[zone] for zone in ZONES if zones.get(zone) is not None},
                blind_to=_results(study),
                seen_before=_seen_before(study, doctor),
                opened_at=min(_opened_at(study, doctor, opened) or now, now),
                given_at=now,
            )
            entry = Entry(study, "study.first_read", {"stage": read.stage}, rows=[Stored(read)])
            history.write_all([entry, *second_reads.heard(study=row, read=read)], actor=doctor)
    except IntegrityError as twice:  # a button was pressed twice
        raise WordRefused("Your first word is kept already.") from twice
    return read


def of(*, study: Study, doctor: User) -> FirstRead | None:
    """This doctor's first word about the study, if one was asked."""
    return FirstRead.objects.filter(study=study, doctor=doctor).first()


def _stage(reading: SecondReading | None) -> str:
    waits = reading is not None and reading.state == SecondState.WAITS
    return ReadStage.SECOND if waits else ReadStage.FIRST


def _results(study: Study) -> list[str]:
    found = Prediction.objects.filter(scan__study=study, scan__set_aside_at=None).order_by("pk")
    return [str(public_id) for public_id in found.values_list("public_id", flat=True)]


def _seen_before(study: Study, doctor: User) -> bool:
    """Whether the doctor could have seen the answer before the portal began to keep it from them."""
    reading = second_reads.open_reading(study)
    if reading is not None and reading.state == SecondState.WAITS:
        return opened_before(study, doctor, reading.asked_at)
    since = ReadingRules.of(study.clinic_id).blind_since
    return since is None or study.created_at < since


def _opened_at(study: Study, doctor: User, brought: str) -> datetime | None:
    try:
        of_study, of_doctor, at = signing.loads(brought, salt=SALT)
        found = datetime.fromisoformat(at)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return found if (of_study, of_doctor) == (str(study.public_id), str(doctor.public_id)) else None


def opened_before(study: Study, doctor: User, moment: datetime) -> bool:
    """Whether the doctor had opened the study or its report by then."""
    looks = AuditEvent.objects.filter(
        study_id=str(study.public_id), actor=doctor.email, action__in=OPENED, at__lt=moment
    )
    return looks.exists()
