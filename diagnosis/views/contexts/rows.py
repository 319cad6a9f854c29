"""What the rows of a list of studies show, in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils import timezone

from accounts.models import User
from diagnosis.models import Claim, CriticalResult, Referral, Review, Scan, SecondReading, Study
from diagnosis.services import claims
from diagnosis.services.worklist import RANK_DONE, RANK_URGENT
from diagnosis.views.contexts.blind import to_read_blind
from diagnosis.views.contexts.referral import Way, way_of

MOST_PRIORS: Final = 2000  # of a page's patients together
# after how long a wait is long, and too long; urgent ones sooner
LONG: Final = {
    True: (timedelta(minutes=15), timedelta(minutes=30)),
    False: (timedelta(hours=2), timedelta(hours=8)),
}


@dataclass(frozen=True)
class Row:
    """A study in a list. `told`: whether the reader may see what the network says of it.

    `way`: how it came to this list, if it is another clinic's.
    """

    study: Study
    told: bool
    claim: Claim | None
    mine: bool
    priors: int | None
    wait: str
    way: Way | None = None

    @property
    def bar(self) -> float | None:
        """The probability that the row's bar shows: of an abnormal film."""
        if not self.told:
            return None
        if self.study.withheld:
            return self.study.score
        probability = self.study.network_probability
        if probability is None:
            return None
        return 1 - probability if self.study.network_finding == "normal" else probability

    @property
    def steps(self) -> int:
        """The bar in twentieths, for a class of the style sheet."""
        return round(20 * self.bar) if self.bar is not None else 0


def with_rows(studies: QuerySet[Study]) -> QuerySet[Study]:
    """The studies with everything a row shows, in a fixed number of queries."""
    return studies.select_related("patient").prefetch_related(_films(), _seconds(), _criticals())


def rows_of(studies: Sequence[Study], reader: User) -> list[Row]:
    """The rows of these studies, for this reader."""
    prefetch_related_objects(list(studies), "patient", "assigned_to", _films(), _seconds(), _criticals())
    untold = to_read_blind(reader, studies)
    held = claims.on([study.pk for study in studies if study.rank < RANK_DONE])
    before, ways = _priors(studies), _ways(studies, reader)
    return [
        Row(
            study=study,
            told=study.pk not in untold,
            claim=held.get(study.pk),
            mine=study.pk in held and held[study.pk].doctor_id == reader.pk,
            priors=before.get(study.pk) if before is not None else None,
            wait=_wait(study),
            way=ways.get(study.pk),
        )
        for study in studies
    ]


def _seconds() -> Prefetch:
    waiting = SecondReading.objects.filter(is_open=True).select_related("asked_of")
    return Prefetch("second_readings", waiting, to_attr="open_seconds")


def _criticals() -> Prefetch:
    return Prefetch("critical_results", CriticalResult.objects.filter(is_open=True), to_attr="open_criticals")


def _films() -> Prefetch:
    reviews = Prefetch("reviews", queryset=Review.objects.select_related("doctor").order_by("-id"))
    return Prefetch("scans", queryset=Scan.objects.order_by("received_at", "id").prefetch_related(reviews))


def _priors(studies: Iterable[Study]) -> dict[int, int] | None:
    """How many studies of the patient were taken before each; None if there are too many to look through."""
    shown = list(studies)
    others = (
        Study.objects.filter(patient__in={study.patient_id for study in shown}, cancelled_at=None)
        .exclude(films_counted=0)
        .order_by()
        .values_list("patient_id", "taken_at", "pk")[: MOST_PRIORS + 1]
    )
    taken: dict[int, list[tuple[datetime, int]]] = {}
    for number, (patient, at, pk) in enumerate(others):
        if number == MOST_PRIORS:
            return None
        taken.setdefault(patient, []).append((at, pk))
    return {
        study.pk: sum(other < (study.taken_at, study.pk) for other in taken.get(study.patient_id, []))
        for study in shown
    }


def _ways(studies: Sequence[Study], reader: User) -> dict[int, Way]:
    """The referrals of other clinics' studies to the reader's, by study."""
    foreign = [study.pk for study in studies if study.clinic_id != reader.clinic_id]
    if not foreign:
        return {}
    found = Referral.objects.filter(study__in=foreign, reading_clinic=reader.clinic_id).order_by("id")
    return {row.study_id: way_of(row) for row in found.select_related("study", "clinic", "agreement")}


def _wait(study: Study) -> str:
    """How long the study has waited for its urgency: "", "long" or "too-long"."""
    if study.rank >= RANK_DONE:
        return ""
    waited = timezone.now() - study.created_at
    soon, late = LONG[study.rank == RANK_URGENT]
    return "too-long" if waited >= late else "long" if waited >= soon else ""
