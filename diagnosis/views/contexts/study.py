"""The context of study page and report: each film with its result, its reviews and its open tasks."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from accounts.permissions import may_review, may_submit
from diagnosis.access import shown_studies_for
from diagnosis.forms import PatientForm, ReviewForm
from diagnosis.imaging import marks
from diagnosis.models import ModelVersion, Prediction, Review, Scan, ScanStatus, Study, StudyState
from diagnosis.services import (
    ages,
    check_words,
    lifecycle,
    refusals,
    registry,
    results,
    standing,
    turns,
    worklist,
)
from diagnosis.services.ages import AgeCaution
from diagnosis.views.contexts import wording
from diagnosis.views.contexts.scale import Scale, scale_of
from diagnosis.views.contexts.strip import Mark, mark_of


@dataclass(frozen=True)
class Signed:
    """A signed review, and the one that replaced it."""

    review: Review
    replaced_by: Review | None


@dataclass(frozen=True)
class Reading:
    """One film as a page shows it."""

    scan: Scan
    number: int
    prediction: Prediction | None
    others: list[Prediction]
    reviews: list[Review]
    queue_position: int = 0
    newer_model: ModelVersion | None = None
    form: ReviewForm | None = None
    may_retry: bool = False
    move: PatientForm | None = None
    cautions: list[str] = field(default_factory=list)
    may_appeal: bool = False
    is_shown: bool = False

    @property
    def review(self) -> Review | None:
        """The latest review, if it is about the film as it stands: its result, or that it has none."""
        last = self.reviews[0] if self.reviews else None
        return last if worklist.is_about(last, self.prediction) else None

    @property
    def signed(self) -> list[Signed]:
        """Every review, newest first, each but the newest with the one that replaced it."""
        newer: list[Review | None] = [None, *self.reviews]
        return [Signed(review, after) for review, after in zip(self.reviews, newer, strict=False)]

    @property
    def amended(self) -> bool:
        return len(self.reviews) > 1

    @property
    def to_read(self) -> bool:
        """Whether the film waits for a doctor, with or without the network's result."""
        return self.scan.is_final and self.scan.set_aside_at is None and self.review is None

    @property
    def mark(self) -> Mark:
        """How the film stands, as a sign in the strip of films."""
        return mark_of(self.scan, read=self.review is not None)

    @property
    def withdrawn(self) -> bool:
        """Whether the result shown is from a network that is no longer active."""
        return self.prediction is not None and not self.prediction.model_version.active

    @property
    def stepped_back(self) -> bool:
        """Whether there is a later result, from a network withdrawn since."""
        shown = self.prediction
        return shown is not None and any(other.pk > shown.pk for other in self.others)

    @property
    def headline(self) -> str:
        return wording.headline(self.prediction) if self.prediction else ""

    @property
    def kind(self) -> str:
        return wording.kind(self.prediction) if self.prediction else ""

    @property
    def advice(self) -> wording.Advice | None:
        if self.prediction and self.scan.is_phantom:
            return wording.PHANTOM_ADVICE
        return wording.advice(self.prediction, self.age) if self.prediction else None

    @property
    def age(self) -> AgeCaution | None:
        """What has to be said of the patient's age beside the result."""
        return ages.caution(self.prediction, self.scan, self.scan.study.patient) if self.prediction else None

    @property
    def corrections(self) -> list[str]:
        """What was put right in the picture that is shown, in words."""
        return [check_words.correction(code) for code in self.scan.shown_corrections]

    @property
    def warnings(self) -> list[str]:
        """What the checks warn of, each a sentence with what to do."""
        return [check_words.caution(code) for code in self.prediction.cautions] if self.prediction else []

    @property
    def refusal(self) -> str:
        """Why the film was refused, in a few words."""
        refused = self.scan.status == ScanStatus.REFUSED
        return check_words.refusal(self.scan.reason_code) if refused else ""

    @property
    def undone(self) -> bool:
        """Whether the film has no result because somebody undid its correction."""
        analysed = self.scan.status == ScanStatus.ANALYSED
        return analysed and self.prediction is None and self.scan.correction_undone_at is not None

    @property
    def standing(self) -> str:
        """Whose limits the result is told by, in a sentence."""
        return standing.in_words(self.prediction) if self.prediction else ""

    @property
    def looks(self) -> wording.Looks | None:
        return wording.looks(self.prediction) if self.prediction else None

    @property
    def scale(self) -> Scale | None:
        return scale_of(self.prediction) if self.prediction else None

    @property
    def steps(self) -> list[tuple[str, float]]:
        return wording.steps(self.prediction.timings_ms) if self.prediction else []


def readings(
    study: Study,
    reader: User,
    *,
    bound: dict[uuid.UUID, ReviewForm] | None = None,
    moving: dict[uuid.UUID, PatientForm] | None = None,
) -> list[Reading]:
    """The study's films in the order received.

    `bound` and `moving`: refused review forms and move forms, by scan.
    """
    active = registry.active_model()
    films = [
        _reading(scan, study, number, active, reader, (bound or {}).get(scan.public_id))
        for number, scan in enumerate(_scans(study), start=1)
    ]
    if study.clinic_id != reader.clinic_id:  # referred: to be read, and nothing else
        return [
            replace(film, newer_model=None, form=None, may_retry=False, may_appeal=False) for film in films
        ]
    if not may_submit(reader):
        return films
    return [replace(film, move=_move_form(film.scan, moving or {})) for film in films]


def first_shown(films: list[Reading], bound: Collection[uuid.UUID]) -> list[Reading]:
    """The films with the one marked that is on the stage first: what came back refused, else to be read."""
    chosen = (
        next((film for film in films if film.scan.public_id in bound), None)
        or next((film for film in films if film.to_read), None)
        or next((film for film in films if film.scan.set_aside_at is None), None)
        or next(iter(films), None)
    )
    return [replace(film, is_shown=film is chosen) for film in films]


def signed_marks(films: list[Reading]) -> list[dict[str, Any]]:
    """What doctors marked in words that still count, for the viewer: on the picture as it is turned now."""
    found = []
    for film in films:
        for review in film.reviews[:1]:
            drawn = [
                {**mark, "scan": str(film.scan.public_id)}
                for mark in review.annotations
                if marks.lies_on(mark, film.scan.shown_corrections)
            ]
            if drawn:
                found.append({"doctor": review.signed_by, "marks": drawn})
    return found


def next_film(films: list[Reading], *, after: Scan) -> Reading | None:
    """The next film of the study that waits for a doctor, starting again at the first; not `after` itself."""
    at = next((place for place, film in enumerate(films) if film.scan.pk == after.pk), -1)
    return next((film for film in films[at + 1 :] + films[: max(at, 0)] if film.to_read), None)


def ids_of(scan: Scan) -> str:
    """The pattern for a form's element ids, since several films have the same form on one page."""
    return f"id_{scan.public_id.hex[:8]}_%s"


def _move_form(scan: Scan, moving: dict[uuid.UUID, PatientForm]) -> PatientForm | None:
    """The form to move the film; None while it is being analysed and cannot be moved."""
    return moving.get(scan.public_id) or PatientForm(auto_id=ids_of(scan)) if scan.is_final else None


def _scans(study: Study) -> QuerySet[Scan]:
    reviews = Review.objects.select_related("doctor", "prediction__model_version").order_by("-id")
    return (
        Scan.objects.filter(study=study)
        .select_related("study__patient", "set_aside_by", "refused_by", "appealed_by", "correction_undone_by")
        .order_by("received_at", "id")
        .prefetch_related(results.with_predictions(), Prefetch("reviews", reviews))
    )


def _reading(
    scan: Scan,
    study: Study,
    number: int,
    active: ModelVersion | None,
    reader: User,
    bound: ReviewForm | None,
) -> Reading:
    predictions = list(scan.predictions.all())
    shown = results.current(scan)
    asked = {prediction.model_version_id for prediction in predictions}
    newer = active if scan.status == ScanStatus.ANALYSED and active and active.pk not in asked else None
    return Reading(
        scan=scan,
        number=number,
        prediction=shown,
        others=[prediction for prediction in predictions if prediction != shown and not prediction.undone],
        reviews=list(scan.reviews.all()),
        queue_position=turns.position(scan),
        newer_model=newer if may_submit(reader) else None,
        form=bound or _review_form(scan, reader),
        may_retry=lifecycle.may_be_tried_again(scan, active, reader),
        cautions=wording.cautions(scan, study),
        may_appeal=refusals.may_be_appealed(scan, reader),
    )


def _review_form(scan: Scan, reader: User) -> ReviewForm | None:
    """The form of a dismissed film: the study's signature leaves it out, a doctor may count it again."""
    signable = may_review(reader) and scan.study.cancelled_at is None and scan.set_aside_at is not None
    return ReviewForm(scan=scan) if signable else None


def earlier_studies(study: Study, reader: User) -> list[Study]:
    """Up to four other studies of the patient, newest first, for comparison."""
    return list(
        shown_studies_for(reader)
        .filter(patient=study.patient_id)
        .exclude(pk=study.pk)
        .exclude(state=StudyState.CANCELLED)
        .select_related("patient")
        .prefetch_related("scans")
        .order_by("-taken_at")[:4]
    )
