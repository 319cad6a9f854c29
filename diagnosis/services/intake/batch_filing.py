"""Files one group of a draft's films, or says in words why it stays in the draft."""

import contextlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as clock
from typing import Any, Final, cast

from django.utils import timezone

from accounts.models import User
from diagnosis.imaging.header import FilmSource
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Batch, BatchFilm, Door, Study
from diagnosis.services import batches, history
from diagnosis.services.filing import Contradiction
from diagnosis.services.intake.agreement import NumberMissing, SeveralStudies, TypedContradicts
from diagnosis.services.intake.films import DUPLICATE, RECEIVED
from diagnosis.services.intake.holding import submit_or_hold
from diagnosis.services.intake.outcome import InstanceOutcome
from diagnosis.services.intake.submission import KeyReused, NothingKept, Request, Submitted
from diagnosis.services.patients import PatientFacts, PatientMismatch
from diagnosis.services.senders import character_set_of
from diagnosis.services.studies import StudyFacts

WORDS: Final = {
    "number": "patient number", "first_name": "first name", "last_name": "last name", "sex": "sex",
    "birth_date": "birth date", "accession_number": "accession number", "taken_at": "time",
}  # fmt: skip
_GONE: Final = "The file is not here any more. Remove this row and drop the film again."
CHANGED: Final = "The row was changed in another tab meanwhile. Look at it, and press Send again."


@dataclass(frozen=True)
class Ready:
    """A film whose row is filled in: what its form made of it, and what was typed for that."""

    film: BatchFilm
    number: str
    patient: Mapping[str, Any]
    taken_on: date | None
    urgent: bool
    other_person: bool


class Back(Exception):
    """The group stays in the draft; `text` says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Outcome:
    """What became of one film: kept, with its study where it has one, or not, and why."""

    text: str
    is_kept: bool = False
    study: Study | None = None


def file_group(
    actor: User, batch: Batch, group: Sequence[Ready], patient: Mapping[str, Any], key: uuid.UUID
) -> list[Outcome]:
    """What became of each film of the group, sent once under its key. Raises Back if it was refused whole."""
    with contextlib.ExitStack() as stack:
        films: list[tuple[FilmSource, str]] = []
        for one in group:
            try:
                file = stack.enter_context(batches.path_of(one.film).open("rb"))
            except OSError as error:
                raise Back(_GONE) from error
            films.append((file, batches.film_name(one.film)))
        request = Request(
            clinic=batch.clinic,
            actor=actor,
            door=Door.BROWSER,
            number=group[0].number,
            patient=cast(PatientFacts, dict(patient)),
            study=_study(batch, group),
            films=films,
            fields=[(str(one.film.public_id), json.dumps(one.film.typed, sort_keys=True)) for one in group],
            key=f"batch:{key}",
            character_set=character_set_of(batch.clinic),
        )
        return _submitted(request)


def _study(batch: Batch, group: Sequence[Ready]) -> StudyFacts:
    facts: StudyFacts = {}
    day = group[0].taken_on
    if day is not None:
        now = timezone.now().astimezone(batch.clinic.zone)
        facts["taken_at"] = now if day == now.date() else datetime.combine(day, clock(12), now.tzinfo)
    if any(one.urgent for one in group):
        facts["urgent"] = True
    return facts


def _submitted(request: Request) -> list[Outcome]:
    """What became of each film of the request. Raises Back where it was refused as a whole."""
    try:
        done = submit_or_hold(request)
    except PatientMismatch as mismatch:
        history.mismatch_refused(patient=mismatch.patient, fields=mismatch.fields, actor=request.actor)
        raise Back(mismatch.message) from mismatch
    except TypedContradicts as why:
        fields = ", ".join(WORDS.get(name, name.replace("_", " ")) for name in why.fields)
        raise Back(
            f"The film itself says something else than what was typed: {fields}. Check whose film it is."
        ) from why
    except (Contradiction, SeveralStudies) as why:
        raise Back(
            "The film’s study is on record for another patient, or its films are of several. Check whose "
            "film it is, or send it by itself under “New study”."
        ) from why
    except NumberMissing as why:
        raise Back("Type the patient’s number.") from why
    except KeyReused as why:
        raise Back(CHANGED) from why
    except FilmRefused as refusal:
        raise Back(refusal.text) from refusal
    except NothingKept as nothing:
        return _answered(nothing.films)
    if isinstance(done, Submitted):
        return _answered(done.films)
    return [_of_instance(one) for one in done]


def _answered(films: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    ids = {film["study"] for film in films if film["study"]}
    studies = {str(study.public_id): study for study in Study.objects.filter(public_id__in=ids)}
    return [
        Outcome(film["message"], film["outcome"] in (RECEIVED, DUPLICATE), studies.get(film["study"] or ""))
        for film in films
    ]


def _of_instance(one: InstanceOutcome) -> Outcome:
    return Outcome(one.text, one.is_kept, one.scan.study if one.scan is not None else None)
