"""Freezes the films that later ones are compared with: by itself once there are enough, anew by a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import Clinic, User
from diagnosis import spelling
from diagnosis.models import DriftClosed, FilmStatistics, ModelVersion, ReferenceWindow
from diagnosis.services import history
from diagnosis.services.drift import alerts
from diagnosis.services.drift.films import columns, films_of, to_lists
from diagnosis.services.locking import lock_clinic

WATCH: Final = "film watch"
FEWEST: Final = 100


class TooFewFilms(Exception):
    """There are not enough films yet to freeze a window."""


@dataclass(frozen=True)
class Coming:
    """How many films were analysed, of how many that a window needs, and when the latest of these came."""

    films: int
    needed: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True)
class FrozenAnew:
    window: ReferenceWindow
    closed: int
    """How many alerts that ended."""


def needed() -> int:
    """The analysed films of a window; refused ones that came between are counted with it."""
    return max(FEWEST, settings.DRIFT_WINDOW_FILMS)


def window_of(clinic: Clinic, network: ModelVersion) -> ReferenceWindow | None:
    """The window that counts: the latest one."""
    return ReferenceWindow.objects.filter(clinic=clinic, model_version=network).order_by("-pk").first()


def coming(clinic: Clinic, network: ModelVersion) -> Coming:
    """What a window frozen now would be made of."""
    analysed = films_of(clinic, network).filter(refused=False)
    latest = analysed.order_by("-pk").values("pk")[: needed()]
    times = FilmStatistics.objects.filter(pk__in=[row["pk"] for row in latest]).aggregate(
        count=Count("pk"), first=Min("noted_at"), last=Max("noted_at")
    )
    return Coming(times["count"], needed(), times["first"], times["last"])


def freeze_first(clinic: Clinic, network: ModelVersion, before: datetime) -> ReferenceWindow | None:
    """Freeze the clinic's first window of a network, of its first films; None if there are too few.

    Call it in a transaction in which the clinic is locked; only films before that moment count.
    """
    noted = films_of(clinic, network).filter(noted_at__lt=before)
    analysed = list(noted.filter(refused=False).values_list("pk", flat=True)[: needed()])
    if len(analysed) < needed():
        return None
    return _freeze(clinic, network, list(noted.filter(pk__lte=analysed[-1])))


def freeze_anew(*, clinic: Clinic, network: ModelVersion, actor: User, reason: str) -> FrozenAnew:
    """Make the latest films the window, close the alerts and audit `drift.window_frozen`.

    Raises TooFewFilms.
    """
    with transaction.atomic():
        lock_clinic(clinic.pk)
        noted = films_of(clinic, network)
        analysed = list(noted.filter(refused=False).order_by("-pk").values_list("pk", flat=True)[: needed()])
        if len(analysed) < needed():
            raise TooFewFilms(
                f"{len(analysed)} of {needed()} films were analysed: there are too few for a window yet."
            )
        entries = alerts.close_all(clinic, DriftClosed.WINDOW)
        films = list(noted.filter(pk__gte=analysed[-1]))
        window = _freeze(clinic, network, films, actor=actor, reason=reason)
        history.write_all(entries, actor=actor)
    return FrozenAnew(window, len(entries))


def _freeze(
    clinic: Clinic,
    network: ModelVersion,
    films: list[FilmStatistics],
    *,
    actor: User | None = None,
    reason: str = "",
) -> ReferenceWindow:
    window = ReferenceWindow.objects.create(
        clinic=clinic,
        model_version=network,
        frozen_at=timezone.now(),
        frozen_by=actor,
        reason=spelling.tidy(reason),
        films=len(films),
        first_at=films[0].noted_at,
        last_at=films[-1].noted_at,
        last_row=films[-1].pk,
        values=to_lists(columns(films)),
    )
    facts = {"model": str(network), "films": len(films), "clinic": clinic.name}
    history.write(clinic, "drift.window_frozen", facts, actor=actor or WATCH, rows=[Stored(window)])
    return window


def clinics_with_films(network: ModelVersion) -> list[Clinic]:
    """The clinics of which the network met films."""
    met = FilmStatistics.objects.filter(model_version=network).order_by().values("clinic").distinct()
    return list(Clinic.objects.filter(Q(pk__in=[row["clinic"] for row in met])))
