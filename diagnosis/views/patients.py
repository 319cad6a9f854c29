"""The patient's page with all studies, and corrections to the record."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_see_records, may_submit
from accounts.sittings import sitting_of
from diagnosis.access import patients_for, studies_for
from diagnosis.forms import PatientEditForm
from diagnosis.services import history, patients
from diagnosis.services.corrections import Outdated
from diagnosis.views.worklist import with_rows


@require_safe
@allowed_if(may_see_records)
@never_cache
def patient_detail(request: SignedIn, patient_id: uuid.UUID) -> HttpResponse:
    """Show all studies of a patient, newest first, and record the view."""
    patient = get_object_or_404(patients_for(request.user), public_id=patient_id)
    studies = with_rows(studies_for(request.user).filter(patient=patient)).order_by("-taken_at", "-id")
    sitting = sitting_of(request)
    history.patient_viewed(patient=patient, reader=request.user, sitting=sitting)
    history.listed(place="patient", rows=studies, reader=request.user, sitting=sitting)
    return render(request, "diagnosis/patient/patient.html", {"patient": patient, "studies": studies})


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
        except Outdated as outdated:
            form.reshown(outdated.newer, history.subject_of(patient))
        else:
            messages.success(request, "The patient’s record is corrected.")
            return redirect("patient_detail", patient.public_id)
    history.patient_viewed(patient=patient, reader=request.user, sitting=sitting_of(request))
    status = 422 if form.errors else 200
    return render(request, "diagnosis/patient/edit.html", {"patient": patient, "form": form}, status=status)
