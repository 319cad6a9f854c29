"""What a clinic's own signed films say about a version of the network: counts, AUROC, limits and their yield.

A doctor who has seen the network's answer before signing leans towards it. So films whose finding was also
signed before any network had answered, blind reads, are counted and measured apart.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models import Finding, ModelVersion, Prediction, Review

MOST_FILMS: Final = 2000  # the newest; more would take seconds and say little more
FEWEST_PATIENTS: Final = 10  # of each side: resampling fewer gives an interval that is narrow for no reason
BLIND_ENOUGH: Final = 10  # of each side, before they get figures of their own
BARS: Final = 20
KEPT_SECONDS: Final = 600
DIGITS: Final = 6


@dataclass(frozen=True)
class SignedFilm:
    """A film with this version's answer and a doctor's word. `blind`: also signed before any answer."""

    p_abnormal: float
    abnormal: bool
    finding: str
    patient: str
    blind: bool
    signed_at: datetime
    study: int = 0


@dataclass(frozen=True)
class Measured:
    """What the films say. `figures`: empty while they are too few. `quiet`: why no limits are proposed."""

    normal: int
    abnormal: int
    blind_normal: int
    blind_abnormal: int
    figures: dict[str, Any]
    quiet: str

    @property
    def enough(self) -> bool:
        return bool(self.figures)

    @property
    def digest(self) -> str:
        """Names the figures, so that nobody agrees to others than they were shown."""
        text = json.dumps(self.figures, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def measure(*, clinic: Clinic, model_version: ModelVersion) -> Measured:
    """What the clinic's signed films say about this version today."""
    films = signed_films(clinic=clinic, model_version=model_version)
    blind = [film for film in films if film.blind]
    counts = {
        "normal": sum(not film.abnormal for film in films),
        "abnormal": sum(film.abnormal for film in films),
        "blind_normal": sum(not film.abnormal for film in blind),
        "blind_abnormal": sum(film.abnormal for film in blind),
    }
    if not (
        _are_enough([film for film in films if not film.abnormal], settings.LIMITS_NORMAL_FILMS)
        and _are_enough([film for film in films if film.abnormal], settings.LIMITS_ABNORMAL_FILMS)
    ):
        return Measured(**counts, figures={}, quiet="")
    figures, quiet = _figures(films)
    return Measured(**counts, figures=figures, quiet=quiet)


def _are_enough(side: Sequence[SignedFilm], needed: int) -> bool:
    """Whether films of one side are as many as limits need, and not those of a few patients."""
    patients = len({film.patient for film in side})
    return len(side) >= needed and patients >= max(1, min(needed, FEWEST_PATIENTS))


def enough_now(*, clinic: Clinic, model_version: ModelVersion) -> bool:
    """Whether limits can be proposed; asked by every worklist, so the answer is kept for some minutes."""
    key = f"limits:enough:{clinic.pk}:{model_version.pk}"
    known: bool | None = cache.get(key)
    if known is None:
        measured = measure(clinic=clinic, model_version=model_version)
        known = measured.enough and not measured.quiet
        cache.set(key, known, KEPT_SECONDS)
    return known


def signed_films(*, clinic: Clinic, model_version: ModelVersion) -> list[SignedFilm]:
    """The newest films of the clinic with an answer of this version and a doctor's finding that counts.

    Left out: drawn films, dismissed ones, those of cancelled studies, those that are doubtful in themselves
    (no limit decides about them), and those whose result was rejected without a finding.
    """
    rows = _signed(clinic, model_version).order_by("-id")[:MOST_FILMS]
    return [
        SignedFilm(
            p_abnormal=row.p_abnormal,
            abnormal=row.truth != Finding.NORMAL,
            finding=row.truth,
            patient=str(row.scan.study.patient_id),
            blind=bool(row.blind) and (row.blind == Finding.NORMAL) == (row.truth == Finding.NORMAL),
            signed_at=row.signed,
            study=row.scan.study_id,
        )
        for row in rows
        if not row.doubtful and not row.undone
    ]


def _signed(clinic: Clinic, model_version: ModelVersion) -> QuerySet[Any]:
    reviews = Review.objects.filter(scan=OuterRef("scan")).order_by("-id")
    answered = Prediction.objects.filter(scan=OuterRef("scan"), created_at__lte=OuterRef("signed_at"))
    blind = reviews.filter(~Exists(answered), prediction=None).exclude(finding="")
    return (
        Prediction.objects.filter(
            model_version=model_version,
            scan__clinic=clinic,
            scan__is_phantom=False,
            scan__set_aside_at=None,
            scan__study__cancelled_at=None,
        )
        .annotate(
            truth=Subquery(reviews.values("finding")[:1]),
            signed=Subquery(reviews.values("signed_at")[:1]),
            blind=Subquery(blind.values("finding")[:1]),
        )
        .filter(truth__in=Finding.values)
        .select_related("scan__study")
    )


def _figures(films: Sequence[SignedFilm]) -> tuple[dict[str, Any], str]:
    """The figures of the films as they are stored with limits, and why no limits are proposed."""
    import numpy as np  # here, because the web process starts without it

    from diagnosis.cnn.evaluation import separation

    scores = np.array([film.p_abnormal for film in films], dtype=np.float64)
    abnormal = np.array([film.abnormal for film in films])
    area = separation.auroc_with_interval(scores, abnormal, [film.patient for film in films])
    band = separation.band_of(np.column_stack([scores, 1.0 - scores]), (~abnormal).astype(int))
    quiet = separation.why_no_limits(band)
    if area["low"] <= separation.CHANCE:
        quiet = "its AUROC here may as well be chance (0.5)"
    cuts = sorted({*separation.CUTS, band["lower"], band["upper"]})
    figures = {
        "normal": _side([film for film in films if not film.abnormal]),
        "abnormal": _side([film for film in films if film.abnormal]),
        "from": timezone.localdate(min(film.signed_at for film in films)).isoformat(),
        "until": timezone.localdate(max(film.signed_at for film in films)).isoformat(),
        "auroc": area,
        "auroc_blind": _blind_area(films),
        "band": {name: band[name] for name in ("lower", "upper", "share_of_films")},
        "yield": [separation.yield_at(scores, abnormal, cut) for cut in cuts],
        "bars": {
            side: np.histogram(scores[own], bins=BARS, range=(0.0, 1.0))[0].tolist()
            for side, own in (("normal", ~abnormal), ("abnormal", abnormal))
        },
    }
    rounded: dict[str, Any] = _rounded(figures)
    return rounded, quiet


def _blind_area(films: Sequence[SignedFilm]) -> dict[str, float] | None:
    """AUROC on the blind reads alone; None while they are too few of either side."""
    import numpy as np

    from diagnosis.cnn.evaluation import separation

    blind = [film for film in films if film.blind]
    ill = sum(film.abnormal for film in blind)
    if min(ill, len(blind) - ill) < BLIND_ENOUGH:
        return None
    scores = np.array([film.p_abnormal for film in blind], dtype=np.float64)
    abnormal = np.array([film.abnormal for film in blind])
    return separation.auroc_with_interval(scores, abnormal, [film.patient for film in blind])


def _side(films: Sequence[SignedFilm]) -> dict[str, int]:
    return {
        "films": len(films),
        "patients": len({film.patient for film in films}),
        "blind": sum(film.blind for film in films),
        "other": sum(film.finding == Finding.OTHER for film in films),
    }


def _rounded(value: Any) -> Any:
    """The same with floats that every database returns as they were stored."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, DIGITS) if isinstance(value, float) else value
