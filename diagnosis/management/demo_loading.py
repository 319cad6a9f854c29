"""Loads the demonstration's story through the services that every study takes.

The past is invented: the rows' times are dated back, and the `demo.loaded` event of each study, which has the
time of the loading like every other entry of the chain, vouches for the dates that it gave.
"""

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any, Final

from django.db import models, transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Stored
from accounts.models import Clinic, User
from diagnosis.management.demo_films import Stock
from diagnosis.management.demo_story import STORY, Person, Visit, Word
from diagnosis.models import Decision, Door, Patient, Prediction, Review, Scan, Study
from diagnosis.services import analysis, patients, results, studies, worklist
from diagnosis.services.intake.films import receive
from diagnosis.services.review import ReviewRefused, sign_off

logger = logging.getLogger(__name__)

ACTOR: Final = "demo"
WORK: Final = timedelta(seconds=4)  # from a film's arrival to its result


def tell(stock: Stock, loaded: set[str]) -> None:
    """Load each study of the story that was not loaded before."""
    people = list(dict.fromkeys(visit.person for visit in STORY))
    now = timezone.now()
    for place, visit in enumerate(STORY, start=1):
        subject = f"demo:study:{place}"
        clinic = Clinic.objects.filter(name=visit.clinic).first()
        if clinic is None or subject in loaded:
            continue
        number = people.index(visit.person) + 1
        study = _receive(visit, clinic, number, stock, now - visit.ago, subject)
        if visit.words:
            _read(study, visit, now - visit.ago, subject)


def born(age: int, number: int) -> date:
    """A birth date that gives the age today."""
    return timezone.localdate() - timedelta(days=round((age + 0.5) * 365.25) + number % 150)


@transaction.atomic
def _receive(visit: Visit, clinic: Clinic, number: int, stock: Stock, at: datetime, subject: str) -> Study:
    """The visit's study with its films, as they came in at that time."""
    patient = _patient(clinic, visit.person, number)
    onset = None if visit.ill_for is None else timezone.localdate(at) - timedelta(days=visit.ill_for)
    study = studies.create_study(
        patient=patient, actor=ACTOR, door=Door.DEMO, reason=visit.reason, symptoms=visit.symptoms,
        symptoms_onset=onset, pcr_result=visit.pcr, urgent=visit.urgent, taken_at=at - timedelta(minutes=6),
    )  # fmt: skip
    dated = [_dated(study, created_at=at)]
    for place, wanted in enumerate(visit.films):
        film = stock.film(wanted)
        came = receive(
            study=study, film=BytesIO(film.content), name=film.name, actor=ACTOR, is_phantom=film.is_phantom
        )
        arrived = at + timedelta(seconds=5 + 9 * place)
        dated.append(_dated(came.scan, received_at=arrived))
    audit.record(
        actor=ACTOR,
        action="demo.loaded",
        subject=subject,
        clinic=clinic,
        study_id=study.public_id,
        rows=dated,
    )
    return study


def _patient(clinic: Clinic, person: Person, number: int) -> Patient:
    return patients.find_or_create_patient(
        clinic=clinic,
        number=f"DEMO-{number:03}",
        actor=ACTOR,
        first_name=person.first_name,
        last_name=person.last_name,
        birth_date=born(person.age, number),
        sex=person.sex,
    )


def _read(study: Study, visit: Visit, at: datetime, subject: str) -> None:
    """Let the network and then the doctors read the study's first film, and date what they said back."""
    scans = list(Scan.objects.filter(study=study).order_by("id"))
    for scan in scans:
        analysis.analyse(scan_id=scan.pk)
        Scan.objects.filter(pk=scan.pk).update(
            enqueued_at=scan.received_at, claimed_at=scan.received_at, finished_at=scan.received_at + WORK
        )
    dated = [
        _dated(prediction, created_at=prediction.scan.received_at + WORK)
        for prediction in Prediction.objects.filter(scan__in=scans).select_related("scan")
    ]
    for word in visit.words:
        review = _sign(scans[0], word)
        if review is not None:
            dated.append(_dated(review, signed_at=at + word.after))
    with transaction.atomic():
        worklist.refresh(worklist.lock(study.pk))
        audit.record(
            actor=ACTOR, action="demo.loaded", subject=f"{subject}:read", clinic=study.clinic,
            study_id=study.public_id, rows=dated,
        )  # fmt: skip


def _sign(scan: Scan, word: Word) -> Review | None:
    """Sign what the story says, as far as the network's answer admits it; None if nobody can sign it."""
    doctor = User.objects.filter(email=word.doctor, is_active=True, clinic=scan.clinic).first()
    if doctor is None:
        return None
    prediction = results.current(Scan.objects.get(pk=scan.pk))
    told = prediction.shown_finding if prediction else None
    decision, finding = word.decision, word.finding
    if decision != Decision.REJECT or prediction is None:
        decision = Decision.AGREE if told == finding else Decision.CHANGE if told else Decision.READ
        finding = finding or "normal"
    try:
        return sign_off(
            scan=scan, prediction=prediction, doctor=doctor, decision=decision, finding=finding,
            reason=word.reason, note=word.note,
        )  # fmt: skip
    except ReviewRefused as refused:
        logger.warning("the demonstration's review was not signed: %s", refused.message)
        return None


def _dated(row: models.Model, **times: Any) -> Stored:
    """Give a row these times. The base manager: reviews and results are never changed but for this past."""
    type(row)._base_manager.filter(pk=row.pk).update(**times)
    for name, value in times.items():
        setattr(row, name, value)
    fields: Sequence[str] = list(times)
    return Stored(row, fields)
