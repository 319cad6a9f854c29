"""What a doctor says in a review, and why it is refused."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from diagnosis.cnn import severity
from diagnosis.imaging import marks
from diagnosis.models import Finding, FurtherFinding, Review, Side
from diagnosis.models.further import BESIDE_NORMAL, LONGEST_OTHER, WITHOUT_SIDE

REJECTED: Final = "reject"
"""In place of a finding: the doctor rejects what the network told, and names none."""


class ReviewRefused(Exception):
    """The review was not signed; `field` is the form field to correct, or ""."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.message, self.field = message, field
        super().__init__(message)


class ResultChanged(ReviewRefused):
    """The result that the doctor has seen is not the film's current one: the decision has to be made anew."""


class AlreadySigned(ReviewRefused):
    """This doctor's last review of the prediction is identical: the form was sent twice."""

    def __init__(self, review: Review) -> None:
        self.review = review
        super().__init__("You have already signed this review. It was stored once.")


@dataclass(frozen=True)
class Shown:
    """What the page showed around the result: the study and the newest review."""

    study: uuid.UUID | None
    review: uuid.UUID | None


@dataclass(frozen=True)
class Structured:
    """What is said beside the finding, as `Review` keeps it. `annotations`: each with its film."""

    further: list[dict[str, str]] = field(default_factory=list)
    zones: dict[str, int] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def of_film(self, film: uuid.UUID) -> "Structured":
        """The same, with this film's marks alone."""
        return Structured(self.further, self.zones, marks.of_film(self.annotations, str(film)))


@dataclass(frozen=True)
class FilmWord:
    """One film as the doctor's page showed it, and a word of its own where it has one.

    `prediction`, `told`: the result and the finding that it told; `last`: the newest review; `read`: whether
    that is about the film as it stands. `finding`: what is said of this film alone; "" for the study's.
    """

    scan: uuid.UUID
    prediction: uuid.UUID | None = None
    told: str = ""
    last: uuid.UUID | None = None
    read: bool = False
    finding: str = ""
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class StudyWords:
    """All that one signature says about a study. `finding`: of each film without a word of its own.

    `critical`: somebody has to hear of it now.
    """

    films: tuple[FilmWord, ...]
    finding: str = ""
    reason: str = ""
    note: str = ""
    structured: Structured = field(default_factory=Structured)
    critical: bool = False

    def to_json(self) -> dict[str, Any]:
        """The words as values that every database keeps."""
        values = asdict(self)
        for film in values["films"]:
            for name in ("scan", "prediction", "last"):
                film[name] = str(film[name]) if film[name] else None
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "StudyWords":
        """The words as they were kept."""
        films = tuple(FilmWord(**{**film, **_ids(film)}) for film in values["films"])
        return cls(**{**values, "films": films, "structured": Structured(**values["structured"])})


def _ids(film: Mapping[str, Any]) -> dict[str, uuid.UUID | None]:
    return {name: uuid.UUID(film[name]) if film[name] else None for name in ("scan", "prediction", "last")}


def check_structured(structured: Structured, finding: str) -> None:
    """Raise ReviewRefused for what contradicts itself or cannot be kept."""
    ticked = [one["code"] for one in structured.further]
    if len(set(ticked)) != len(ticked) or set(ticked) - set(FurtherFinding.values):
        raise ReviewRefused("Tick each further finding once.", field="further")
    for one in structured.further:
        _check_further(one)
    try:
        graded = severity.brixia(structured.zones)
    except ValueError as error:
        raise ReviewRefused("A lung zone is graded 0 to 3.", field="zones") from error
    if finding == Finding.NORMAL:
        _check_normal(ticked, structured.zones, graded)


def _check_further(one: Mapping[str, str]) -> None:
    if one.get("side") and (one["code"] in WITHOUT_SIDE or one["side"] not in Side.values):
        raise ReviewRefused("Choose a side that the finding can have.", field="further")
    if one["code"] != FurtherFinding.OTHER:
        return
    if not one.get("text"):
        raise ReviewRefused("Say what the other further finding is, or untick “Other”.", field="further_text")
    if len(one["text"]) > LONGEST_OTHER:
        raise ReviewRefused(f"At most {LONGEST_OTHER} letters fit here.", field="further_text")


def _check_normal(ticked: list[str], zones: Mapping[str, int], graded: int | None) -> None:
    told = [FurtherFinding(code).label.lower() for code in ticked if code not in BESIDE_NORMAL]
    if told:
        raise ReviewRefused(
            f"You chose normal and ticked {', '.join(told)}. Choose another finding, or untick it.",
            field="further",
        )
    if graded or any(zones.values()):
        raise ReviewRefused(
            "You chose normal and graded a lung zone above 0. Choose another finding, or set the zone to 0.",
            field="zones",
        )
