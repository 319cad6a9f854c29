"""Who agrees with whom in a clinic: network and doctor, first and final word, two readers, later outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Final

from accounts.models import Clinic, User
from diagnosis.cnn import agreement
from diagnosis.cnn.agreement import ENOUGH, Estimate, Scores
from diagnosis.models import (
    Finding,
    FirstRead,
    ModelVersion,
    ReadStage,
    Review,
    SecondReading,
)
from diagnosis.services import outcomes

NEWEST: Final = 2000  # more would take seconds and say little more
FINDINGS: Final = tuple(Finding.values)
SIDES: Final = ("abnormal", "normal")
HIGHEST: Final = 18


@dataclass(frozen=True)
class Table:
    """How often each word of one side met each of the other's; figures only where there are enough."""

    labels: tuple[str, ...]
    rows: list[list[int]]
    read: int
    kappa: Estimate | None

    @property
    def enough(self) -> bool:
        return self.read >= ENOUGH

    @property
    def same(self) -> float:
        return sum(row[place] for place, row in enumerate(self.rows)) / self.read if self.read else 0.0


@dataclass(frozen=True)
class Zones:
    """Two readers' six zones, 0 to 18; the points of the picture: mean and difference of each study."""

    read: int
    scores: Scores | None
    points: list[tuple[float, int]]

    @property
    def enough(self) -> bool:
        return self.read >= ENOUGH


@dataclass(frozen=True)
class Figures:
    """Everything on the page. `times`: median of first word and signature after it."""

    network: Table
    blind: Table
    changed: Table
    times: tuple[timedelta, timedelta] | None
    readers: Table
    zones: Zones
    doctor_outcome: Table
    network_outcome: Table


def figures(*, clinic: Clinic, model_version: ModelVersion | None, doctor: User | None = None) -> Figures:
    """The agreement in a clinic with this version of the network, of one doctor or of all."""
    signed = _signed(clinic, model_version, doctor)
    words = _first_words(clinic, doctor)
    told = [(_told(review), review.finding) for review in signed if _told(review)]
    blind = [
        (_told(review), words[key].finding)
        for review in signed
        if _told(review) and (key := _key(review)) in words and not words[key].seen_before
    ]
    final = {_key(review): review for review in reversed(signed)}
    both = [(words[key], review) for key, review in final.items() if key in words]
    later = outcomes.confirmed({review.scan.study_id for review in signed})
    with_outcome = [review for review in signed if review.scan.study_id in later]
    return Figures(
        network=_table(told, FINDINGS),
        blind=_table(blind, FINDINGS),
        changed=_table([(word.finding, review.finding) for word, review in both], FINDINGS),
        times=_times(both),
        readers=_table(_two_readers(clinic, doctor), FINDINGS),
        zones=_zones(clinic, doctor),
        doctor_outcome=_table(
            [(_side(review.finding), _truth(later, review)) for review in with_outcome], SIDES
        ),
        network_outcome=_table(
            [(_side(_told(review)), _truth(later, review)) for review in with_outcome if _told(review)],
            SIDES,
        ),
    )


def _signed(clinic: Clinic, model_version: ModelVersion | None, doctor: User | None) -> list[Review]:
    """Each doctor's newest word about each film with an answer of this version; no drawn ones."""
    reviews = Review.objects.filter(
        scan__clinic=clinic,
        prediction__model_version=model_version,
        scan__is_phantom=False,
        scan__set_aside_at=None,
        scan__study__cancelled_at=None,
    ).exclude(finding="")
    if doctor is not None:
        reviews = reviews.filter(doctor=doctor)
    newest: dict[tuple[int, int], Review] = {}
    for review in reviews.select_related("scan", "prediction__limits").order_by("-id")[:NEWEST]:
        newest.setdefault((review.scan_id, review.doctor_id), review)
    return list(newest.values())


def _key(review: Review) -> tuple[int, int]:
    return review.scan.study_id, review.doctor_id


def _told(review: Review) -> str:
    """The finding that the network told; "" on probation, where it tells none."""
    found = review.prediction.shown_finding if review.prediction else None
    return str(found.value) if found else ""


def _first_words(clinic: Clinic, doctor: User | None) -> dict[tuple[int, int], FirstRead]:
    words = FirstRead.objects.filter(study__clinic=clinic, stage=ReadStage.FIRST).exclude(finding="")
    if doctor is not None:
        words = words.filter(doctor=doctor)
    return {(word.study_id, word.doctor_id): word for word in words.order_by("-id")[:NEWEST]}


def _two_readers(clinic: Clinic, doctor: User | None) -> list[tuple[str, str]]:
    return [
        (reading.first_finding, reading.second.finding)
        for reading in _readings(clinic, doctor)
        if reading.second and reading.first_finding and reading.second.finding
    ]


def _readings(clinic: Clinic, doctor: User | None) -> list[SecondReading]:
    """Second readings with both words; of a doctor: those in which they were first."""
    found = SecondReading.objects.filter(clinic=clinic, second__isnull=False)
    if doctor is not None:
        found = found.filter(first_doctor=doctor)
    return list(found.select_related("second").order_by("-id")[:NEWEST])


def _zones(clinic: Clinic, doctor: User | None) -> Zones:
    words = _first_words(clinic, doctor)
    pairs: list[tuple[int, int]] = []
    for reading in _readings(clinic, doctor):
        first = words.get((reading.study_id, reading.first_doctor_id))
        one, other = first.total if first else None, reading.second.total if reading.second else None
        if one is not None and other is not None:
            pairs.append((one, other))
    return zones_of(pairs)


def zones_of(pairs: Sequence[tuple[int, int]]) -> Zones:
    """The figures of two readers' totals, in pairs."""
    first, second = [one for one, _ in pairs], [other for _, other in pairs]
    return Zones(
        read=len(pairs),
        scores=agreement.scores(first, second, highest=HIGHEST) if len(pairs) >= ENOUGH else None,
        points=[((one + other) / 2, other - one) for one, other in pairs],
    )


def _side(finding: str) -> str:
    return "normal" if finding == Finding.NORMAL else "abnormal"


def _truth(later: dict[int, bool], review: Review) -> str:
    return "abnormal" if later[review.scan.study_id] else "normal"


def _table(pairs: Sequence[tuple[str, str]], labels: tuple[str, ...]) -> Table:
    first, second = [one for one, _ in pairs], [other for _, other in pairs]
    enough = len(pairs) >= ENOUGH
    return Table(
        labels=labels,
        rows=agreement.confusion(first, second, labels),
        read=len(pairs),
        kappa=agreement.kappa(first, second, labels) if enough else None,
    )


def _times(both: Sequence[tuple[FirstRead, Review]]) -> tuple[timedelta, timedelta] | None:
    if not both:
        return None
    first = median(word.took.total_seconds() for word, _ in both)
    final = median((review.signed_at - word.given_at).total_seconds() for word, review in both)
    return timedelta(seconds=round(first)), timedelta(seconds=round(final))
