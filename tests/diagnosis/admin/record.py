"""Two clinics' records, and their pages in Django admin."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import reverse

from diagnosis.models import Prediction, Review, Scan
from tests.conftest import Cast

RECORD = ("patient", "study", "scan", "prediction", "review")


@dataclass(frozen=True)
class World:
    cast: Cast
    ours: dict[str, Model]
    theirs: dict[str, Model]


def rows_of(scan: Scan, doctor: Any) -> dict[str, Model]:
    prediction = Prediction.objects.get(scan=scan)
    review = Review.objects.create(
        scan=scan, prediction=prediction, doctor=doctor, decision="agree", finding="normal"
    )
    return {
        "patient": scan.study.patient,
        "study": scan.study,
        "scan": scan,
        "prediction": prediction,
        "review": review,
    }


def address(model: str, page: str, *keys: int) -> str:
    return reverse(f"admin:diagnosis_{model}_{page}", args=keys)
