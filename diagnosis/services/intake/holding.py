"""Takes in a request whose DICOM films contradict the record, as every door does: a person settles them.

What was said of the examination is kept with them. Where somebody typed more of the patient than the films
say themselves, or sent pictures too, the request is refused: its sender can correct it.
"""

from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.services import history
from diagnosis.services.filing import Contradiction
from diagnosis.services.intake import submission
from diagnosis.services.intake.agreement import SeveralStudies, TypedContradicts, films_say_it_all
from diagnosis.services.intake.dicom import receive_instance
from diagnosis.services.intake.films import clean_name, refusal_entry
from diagnosis.services.intake.outcome import HELD, InstanceOutcome, Origin
from diagnosis.services.intake.submission import Request, Submitted
from diagnosis.services.patients import PatientMismatch


def submit_or_hold(request: Request) -> Submitted | list[InstanceOutcome]:
    """What `submission.submit` returns, or what became of each film of a request that contradicts the record.

    Raises what `submit` raises, and FilmRefused(not_stored) where the rest is to come again.
    """
    try:
        return submission.submit(request)
    except TypedContradicts:
        _note_refused(request, Refusal.HEADER_MISMATCH)
        raise
    except SeveralStudies:
        _note_refused(request, Refusal.OTHER_STUDY)
        raise
    except (Contradiction, PatientMismatch) as why:
        if not films_say_it_all(request.clinic, request.number, request.patient, request.films):
            if isinstance(why, Contradiction):
                _note_refused(request, Refusal.OTHER_STUDY)
            raise
    origin = Origin(request.clinic, request.actor, request.door, request.character_set)
    return [
        receive_instance(origin=origin, film=film, name=name, said=request.study)
        for film, name in request.films
    ]


def waits(outcome: InstanceOutcome) -> bool:
    """Whether the film is kept without a study, because a person settles it, or has."""
    return outcome.outcome == HELD or (outcome.held is not None and outcome.scan is None)


def _note_refused(request: Request, code: str) -> None:
    """Record the refusal of every film of a request that is not of one patient and one study."""
    refusal = FilmRefused(code, "The request is not of one patient and one study.")
    named = [(refusal.named(clean_name(name)), film) for film, name in request.films]
    history.write_all([refusal_entry(request.clinic, *one) for one in named], actor=request.actor)
