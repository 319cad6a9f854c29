"""A patient's course over their studies: the network's probability of an abnormal film, the signed severity.

Only what is told elsewhere is plotted; what is not told stands in the table with a word instead of a number.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Prefetch

from diagnosis.cnn.severity import SIX_ZONE_MOST
from diagnosis.models import Prediction, Review, Scan, Study, StudyState
from diagnosis.services import ages, results
from diagnosis.views.contexts.trend_chart import Point, Track, draw
from diagnosis.views.contexts.wording import percent

MOST: Final = 50  # the newest
BLIND: Final = "To be read blind"


@dataclass(frozen=True)
class Row:
    """A study in the table. `probability` and `six_zone` are None where no number is told."""

    study: Study
    network: str
    severity: str
    probability: float | None = None
    by: str = ""
    six_zone: int | None = None


@dataclass(frozen=True)
class Trend:
    """The rows, newest first, and a track for each measure that has at least two numbers."""

    rows: list[Row]
    network: Track | None
    severity: Track | None

    @property
    def first(self) -> Study:
        return self.rows[-1].study

    @property
    def last(self) -> Study:
        return self.rows[0].study


def trend_of(studies: Iterable[Study], untold: Collection[int]) -> Trend | None:
    """The course over these studies of one patient; None without two numbers of a kind to compare.

    `untold`: the keys of studies of which the reader is not to be told anything yet.
    """
    shown = [study for study in studies if study.state != StudyState.CANCELLED]
    shown = sorted(shown, key=lambda study: (study.taken_at, study.pk), reverse=True)[:MOST]
    if len(shown) < 2:
        return None
    films = _films(shown)
    rows = [
        Row(study, BLIND, BLIND) if study.pk in untold else _row(study, films.get(study.pk, []))
        for study in shown
    ]
    network = [
        Point(row.study.taken_at, row.probability, percent(row.probability), row.by)
        for row in rows
        if row.probability is not None
    ]
    severity = [
        Point(row.study.taken_at, row.six_zone, f"{row.six_zone} of {SIX_ZONE_MOST}")
        for row in rows
        if row.six_zone is not None
    ]
    tracks = [
        draw(points, since=shown[-1].taken_at, until=shown[0].taken_at, highest=highest)
        if len(points) > 1
        else None
        for points, highest in ((network, 1.0), (severity, float(SIX_ZONE_MOST)))
    ]
    return Trend(rows, *tracks) if any(tracks) else None


def _films(studies: list[Study]) -> dict[int, list[Scan]]:
    """The films that count, by study, with their results and reviews."""
    reviews = Prefetch("reviews", Review.objects.order_by("-id"))
    found: dict[int, list[Scan]] = {}
    scans = Scan.objects.filter(study__in=[study.pk for study in studies], set_aside_at=None)
    for scan in scans.select_related("study__patient").prefetch_related(results.with_predictions(), reviews):
        found.setdefault(scan.study_id, []).append(scan)
    return found


def _row(study: Study, films: list[Scan]) -> Row:
    network, probability, by = _network(films)
    reviews = [next(iter(scan.reviews.all()), None) for scan in films]
    graded = [review for review in reviews if review and review.six_zone is not None]
    newest = max(graded, key=lambda review: review.pk, default=None)
    if newest is None:
        return Row(study, network, "Not graded", probability, by)
    told = f"{newest.six_zone} of {SIX_ZONE_MOST}, Brixia {newest.brixia}"
    return Row(study, network, told, probability, by, newest.six_zone)


def _network(films: list[Scan]) -> tuple[str, float | None, str]:
    """What is told of the most abnormal film: in words, as a number, and by which network."""
    current = [(scan, prediction) for scan in films if (prediction := results.current(scan)) is not None]
    if not current:
        return "No result", None, ""
    if any(prediction.withheld for _, prediction in current):
        return _withheld([prediction for _, prediction in current]), None, ""
    scan, worst = max(current, key=lambda one: one[1].p_abnormal)
    if not scan.is_phantom and ages.too_young(worst.model_version.card, scan, scan.study.patient):
        return "Not learned at this age", None, ""
    words = f"{percent(worst.p_abnormal)} · {worst.shown_triage.label}"
    return words, worst.p_abnormal, str(worst.model_version)


def _withheld(predictions: list[Prediction]) -> str:
    found = next(prediction for prediction in predictions if prediction.withheld)
    return f"{found.standing.label}: no number is told"
