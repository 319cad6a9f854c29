"""The patient's page with all studies, and corrections to the record."""

import uuid

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_manage_clinic, may_see_records, may_submit
from accounts.sittings import sitting_of
from diagnosis.access import patients_for, studies_for
from diagnosis.forms import MergeForm, PatientEditForm
from diagnosis.models import Patient
from diagnosis.services import doubts, history, outcomes, patients, registry
from diagnosis.services.corrections import Outdated
from diagnosis.views.contexts.blind import to_read_blind
from diagnosis.views.contexts.rows import with_rows
from diagnosis.views.contexts.trend import trend_of


@require_safe
@allowed_if(may_see_records)
@never_cache
def patient_detail(request: SignedIn, patient_id: uuid.UUID) -> HttpResponse:
    """Show all studies of a patient, newest first, and record the view."""
    patient = get_object_or_404(patients_for(request.user), public_id=patient_id)
    return patient_page(request, patient)


def patient_page(
    request: SignedIn, patient: Patient, *, merging: MergeForm | None = None, status: int = 200
) -> HttpResponse:
    """Record the view and show the patient; `merging`: a refused form to merge it."""
    studies = with_rows(studies_for(request.user).filter(patient=patient)).order_by("-taken_at", "-id")
    later = Prefetch("outcomes", outcomes.standing(), to_attr="standing_outcomes")
    studies = studies.prefetch_related(later)
    found, merged = doubts.about_patient(patient), list(patient.merged.order_by("id"))
    others = [doubt.patient for doubt in found if doubt.patient] + merged
    others += [patient.merged_into] if patient.merged_into else []
    sitting = sitting_of(request)
    history.patient_viewed(patient=patient, reader=request.user, sitting=sitting)
    history.listed(place="patient", rows=[*studies, *others], reader=request.user, sitting=sitting)
    context = {"patient": patient, "studies": studies, "doubts": found, "merged": merged}
    context["network"] = SimpleLazyObject(registry.active_model)  # asked for by studies of a known age
    untold = to_read_blind(request.user, studies)
    context |= {"to_read_blind": untold, "trend": trend_of(studies, untold)}
    context["merging"] = (merging or MergeForm()) if may_manage_clinic(request.user) else None
    return render(request, "diagnosis/patient/patient.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_submit)
@never_cache
def patient_edit(request: SignedIn, patient_id: uuid.UUID) -> HttpResponse:
    """Correct a patient's record."""
    patient = get_object_or_404(patients_for(request.user), public_id=patient_id)
    form = PatientEditForm.of(patient, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            patients.update_patient(
                patient=patient, actor=request.user, shown=form.shown_facts(), **form.changed_facts()
            )
        except patients.NumberTaken as taken:
            form.add_error("number", taken.message)
        except patients.RecordMerged as merged:
            form.add_error(None, merged.message)
        except Outdated as outdated:
            form.reshown(outdated.newer, history.subject_of(patient))
        else:
            messages.success(request, "The patient’s record is corrected.")
            return redirect("patient_detail", patient.public_id)
    history.patient_viewed(patient=patient, reader=request.user, sitting=sitting_of(request))
    status = 422 if form.errors else 200
    return render(request, "diagnosis/patient/edit.html", {"patient": patient, "form": form}, status=status)
