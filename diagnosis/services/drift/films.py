"""Films' statistics as columns, and what a group of them shows, in a few numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.db.models import QuerySet

from accounts.models import Clinic
from diagnosis.cnn.drift import KINDS, Columns
from diagnosis.models import FilmStatistics, ModelVersion


def films_of(clinic: Clinic, network: ModelVersion) -> QuerySet[FilmStatistics]:
    """The films of a clinic that a network met, in their order; no phantoms are among them."""
    return FilmStatistics.objects.filter(clinic=clinic, model_version=network).order_by("pk")


def columns(films: Sequence[FilmStatistics]) -> dict[str, Any]:
    """The films' values by statistic, float64 (n,); NaN where a film has none."""
    return {
        name: np.array([_number(getattr(film, name)) for film in films], dtype=np.float64) for name in KINDS
    }


def to_lists(found: Columns) -> dict[str, list[float | None]]:
    """Columns as JSON values."""
    return {
        name: [None if np.isnan(value) else float(value) for value in values]
        for name, values in found.items()
    }


def from_lists(stored: Mapping[str, Sequence[float | None]]) -> dict[str, Any]:
    """Columns that `to_lists` wrote."""
    return {
        name: np.array([_number(value) for value in stored.get(name, ())], dtype=np.float64) for name in KINDS
    }


def shown(found: Columns) -> dict[str, dict[str, float]]:
    """What films show, by statistic: a share with its counts, or the 10 %, 50 % and 90 % quantiles."""
    return {name: told for name in KINDS if (told := _shown(name, found[name]))}


def _shown(name: str, values: Any) -> dict[str, float]:
    values = values[~np.isnan(values)]
    if not len(values):
        return {}
    if KINDS[name] == "share":
        return {"share": round(float(values.mean()), 4), "count": int(values.sum()), "of": len(values)}
    low, middle, high = (float(f"{value:.4g}") for value in np.quantile(values, (0.1, 0.5, 0.9)))
    return {"low": low, "median": middle, "high": high, "of": len(values)}


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
