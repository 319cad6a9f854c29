"""Who agrees with whom in a clinic: for each doctor and version of the network."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.models import Role, User
from accounts.models.membership import of_clinic
from accounts.permissions import may_settle
from diagnosis.cnn.agreement import ENOUGH, HUMANS
from diagnosis.models import Finding, ModelVersion, Prediction, Purpose
from diagnosis.services import agreement, registry
from diagnosis.views.contexts import agreement_chart

NAMES = {**dict(Finding.choices), "abnormal": "Abnormal", "normal": "Normal"}


@require_safe
@allowed_if(may_settle)
@never_cache
def agreement_page(request: SignedIn) -> HttpResponse:
    """The figures of the clinic, of one doctor if asked, beside what people reach."""
    clinic = request.user.clinic
    assert clinic is not None, "may_settle requires a clinic"
    versions = _versions(request)
    doctors = User.objects.filter(of_clinic(clinic, Role.DOCTOR)).order_by("last_name", "email")
    version = _chosen(versions, request.GET.get("network")) or registry.active_model()
    doctor = _chosen(doctors, request.GET.get("doctor"))
    figures = agreement.figures(clinic=clinic, model_version=version, doctor=doctor)
    scores = figures.zones.scores
    context: dict[str, Any] = {
        "clinic": clinic,
        "versions": versions,
        "doctors": doctors,
        "version": version,
        "doctor": doctor,
        "figures": figures,
        "tables": _tables(figures),
        "humans": HUMANS,
        "enough": ENOUGH,
        "chart": agreement_chart.draw(figures.zones.points, scores.limits) if scores else None,
    }
    return render(request, "diagnosis/agreement/agreement.html", context)


def _versions(request: SignedIn) -> list[ModelVersion]:
    """The versions that have answered in the clinic."""
    answered = Prediction.objects.filter(scan__clinic=request.user.clinic).order_by()
    known = ModelVersion.objects.filter(purpose=Purpose.CLASSIFICATION)
    return list(known.filter(pk__in=answered.values("model_version")).order_by("-pk"))


def _chosen(rows: Any, asked: str | None) -> Any:
    try:
        wanted = uuid.UUID(asked or "")
    except ValueError:
        return None
    return next((row for row in rows if row.public_id == wanted), None)


def _tables(figures: agreement.Figures) -> list[dict[str, Any]]:
    """The tables in the order of the page: heading, what stands in rows and columns, the figures."""
    spelt = [
        ("Network and doctor", "Network told", "Doctor signed", figures.network,
         "Whoever has seen the network’s answer leans towards it."),
        ("Network and blind first word", "Network told", "Doctor’s first word", figures.blind,
         "Words given before the answer was shown: the fair comparison."),
        ("First word and signature", "First word", "Signed after the answer", figures.changed,
         "How far the network’s answer moved doctors."),
        ("Two readers", "First reader", "Second reader", figures.readers,
         "The second did not know the first one’s word."),
        ("Doctor and later outcome", "Doctor signed", "Outcome", figures.doctor_outcome, ""),
        ("Network and later outcome", "Network told", "Outcome", figures.network_outcome, ""),
    ]  # fmt: skip
    return [
        {
            "title": title,
            "rows_are": rows_are,
            "columns_are": columns_are,
            "table": table,
            "note": note,
            "names": [NAMES[label] for label in table.labels],
            "lines": [
                (NAMES[label], [(count, place == at) for at, count in enumerate(row)])
                for place, (label, row) in enumerate(zip(table.labels, table.rows, strict=True))
            ],
        }
        for title, rows_are, columns_are, table, note in spelt
    ]
