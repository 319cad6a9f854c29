"""The answer to films that contradict the record: they are kept, and a person says whose they are."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.addresses import public_address
from diagnosis.api.problems import Problem
from diagnosis.api.serializers import NOTICE
from diagnosis.services.intake.holding import waits
from diagnosis.services.intake.outcome import InstanceOutcome


def answer(request: Request, outcomes: Sequence[InstanceOutcome]) -> Response:
    """202 with each film's outcome. Raises Problem if none of them is on record."""
    films = [_film(request, outcome) for outcome in outcomes]
    if not any(outcome.is_kept for outcome in outcomes):
        conflict = any(outcome.outcome == "conflict" for outcome in outcomes)
        raise Problem(
            409 if conflict else 422, "films_refused", "No usable film",
            "Every film was refused; “films” says why. Nothing was stored.", films=films,
        )  # fmt: skip
    return Response({"state": "held", "films": films, "notice": NOTICE}, status=202)


def _film(request: Request, outcome: InstanceOutcome) -> dict[str, Any]:
    scan, page = outcome.scan, None
    if waits(outcome) and outcome.held is not None:
        page = public_address(request, reverse("held_film", args=[outcome.held.public_id]))
    return {
        "name": outcome.name,
        "outcome": "refused" if outcome.outcome == "conflict" else outcome.outcome,
        "code": outcome.code,
        "message": outcome.text,
        "id": str(scan.public_id) if scan else None,
        "study": str(scan.study.public_id) if scan else None,
        "held": page,
    }
