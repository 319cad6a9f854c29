"""What happened to a study, from the audit chain: its history, films moved, films that said otherwise."""

from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import AuditEvent
from accounts.names import names_of
from diagnosis.models import Study
from diagnosis.views.contexts import wording
from diagnosis.views.contexts.study import Reading

EVENTS_SHOWN = 300


@dataclass(frozen=True)
class Move:
    """A film that left this study for another patient's, or came from one."""

    at: datetime
    actor: str
    away: bool
    other_study: str


@dataclass(frozen=True)
class History:
    """The study's audit history: changes and views, newest first."""

    changes: list[wording.Happening] = field(default_factory=list)
    reads: list[wording.Happening] = field(default_factory=list)
    shortened: bool = False


def history_of(study: Study, films: list[Reading]) -> History:
    """The audit events about this study, in words."""
    names = {str(film.scan.public_id): f"film {film.number}" for film in films}
    events = list(
        AuditEvent.objects.filter(study_id=str(study.public_id), clinic_id=study.clinic_id).order_by(
            "-sequence"
        )[: EVENTS_SHOWN + 1]
    )
    shown = events[:EVENTS_SHOWN]
    people = names_of(event.actor for event in shown)
    lines = [(event.action in wording.READS, wording.happening(event, names, people)) for event in shown]
    return History(
        changes=[line for is_read, line in lines if not is_read],
        reads=[line for is_read, line in lines if is_read],
        shortened=len(events) > EVENTS_SHOWN,
    )


def moves_of(study: Study) -> list[Move]:
    """The moves of films between this study and other patients', from the audit chain."""
    events = AuditEvent.objects.filter(
        study_id=str(study.public_id), clinic_id=study.clinic_id, action="scan.moved"
    ).order_by("sequence")
    people = names_of(event.actor for event in events)
    return [
        Move(
            event.at,
            people[event.actor],
            "to" in event.facts,
            str(event.facts.get("to") or event.facts["from"]).removeprefix("study:"),
        )
        for event in events
    ]


def said_otherwise(study: Study) -> str:
    """What the newest film that came under a known identifier says otherwise of its patient: "last name"."""
    events = AuditEvent.objects.filter(
        study_id=str(study.public_id), clinic_id=study.clinic_id, action="scan.conflict"
    ).order_by("-sequence")
    named = (event.facts.get("fields", []) for event in events)
    return ", ".join(next(filter(None, named), [])).replace("_", " ")
