"""How a clinic's films change over time: charts, alerts and their forms; no patient's data."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if, recently_authenticated, sent_from
from accounts.http import SignedIn
from accounts.models import Clinic
from accounts.permissions import may_use_admin
from diagnosis.access import drift_alerts_for, watched_clinics_for
from diagnosis.forms import ReasonForm
from diagnosis.models import DriftAlert
from diagnosis.services import drift, registry
from diagnosis.views.contexts import drift as contexts


@require_safe
@allowed_if(may_use_admin)
@never_cache
def drift_list(request: SignedIn) -> HttpResponse:
    """The clinics whose films the reader watches over; the only one at once."""
    clinics = list(watched_clinics_for(request.user))
    if len(clinics) == 1:
        return redirect("drift_clinic", clinics[0].public_id)
    context = {"clinics": contexts.overview(clinics), "model": registry.active_model()}
    return render(request, "diagnosis/drift/list.html", context)


@require_safe
@allowed_if(may_use_admin)
@never_cache
def drift_clinic(request: SignedIn, clinic_id: uuid.UUID) -> HttpResponse:
    """A clinic's charts, alerts and window, for the network that is active."""
    return _page(request, _clinic(request, clinic_id))


def page_of_clinic(request: SignedIn, clinic_id: uuid.UUID) -> str:
    return reverse("drift_clinic", args=[_clinic(request, clinic_id).public_id])


def page_of_alert(request: SignedIn, alert_id: uuid.UUID) -> str:
    return reverse("drift_clinic", args=[_alert(request, alert_id).window.clinic.public_id])


@sent_from(page_of_clinic, may_use_admin)
@recently_authenticated
def drift_freeze(request: SignedIn, clinic_id: uuid.UUID) -> HttpResponse:
    """Make the latest films the window, with a reason; a refused form comes back with what was typed."""
    clinic, form = _clinic(request, clinic_id), ReasonForm(request.POST)
    network = registry.active_model()
    if network is None:
        form.add_error(None, "No network is active, so there is no window to freeze.")
    if not form.is_valid() or network is None:
        return _page(request, clinic, freezing=form, status=422)
    try:
        done = drift.freeze_anew(
            clinic=clinic, network=network, actor=request.user, reason=form.cleaned_data["reason"]
        )
    except drift.TooFewFilms as why:
        form.add_error(None, str(why))
        return _page(request, clinic, freezing=form, status=422)
    ended = f" {done.closed} alert{'' if done.closed == 1 else 's'} ended." if done.closed else ""
    messages.success(request, f"The latest {done.window.films} films are the window from now on.{ended}")
    return redirect("drift_clinic", clinic.public_id)


@sent_from(page_of_alert, may_use_admin)
def drift_acknowledge(request: SignedIn, alert_id: uuid.UUID) -> HttpResponse:
    """Note the cause of an alert; a refused form comes back with what was typed."""
    alert, form = _alert(request, alert_id), ReasonForm(request.POST)
    clinic = alert.window.clinic
    if not form.is_valid():
        return _page(request, clinic, answering=alert, answer=form, status=422)
    if drift.acknowledge(alert=alert, actor=request.user, cause=form.cleaned_data["reason"]):
        messages.success(request, "The cause is noted. The alert ends when the films are as before.")
    else:
        typed = form.cleaned_data["reason"]
        messages.warning(request, f"Somebody noted a cause before you did. You had written: {typed}")
    return redirect("drift_clinic", clinic.public_id)


def _page(
    request: SignedIn,
    clinic: Clinic,
    *,
    status: int = 200,
    freezing: ReasonForm | None = None,
    answering: DriftAlert | None = None,
    answer: ReasonForm | None = None,
) -> HttpResponse:
    context = contexts.clinic_page(clinic, registry.active_model()) | {
        "freezing": freezing,
        "answering": answering,
        "answer": answer,
    }
    return render(request, "diagnosis/drift/clinic.html", context, status=status)


def _clinic(request: SignedIn, clinic_id: uuid.UUID) -> Clinic:
    return get_object_or_404(watched_clinics_for(request.user), public_id=clinic_id)


def _alert(request: SignedIn, alert_id: uuid.UUID) -> DriftAlert:
    found = drift_alerts_for(request.user).select_related("window__clinic")
    return get_object_or_404(found, public_id=alert_id)
