"""Two records of one person: the clinic's administrator merges them, and parts them again."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.permissions import may_manage_clinic
from diagnosis.access import patients_for
from diagnosis.forms import MergeForm
from diagnosis.services import merging, patients
from diagnosis.services.merging import MergeRefused
from diagnosis.views.form_pages import page_of_patient
from diagnosis.views.patients import patient_page


@sent_from(page_of_patient, may_manage_clinic)
def patient_merge(request: SignedIn, patient_id: uuid.UUID) -> HttpResponse:
    """Merge a patient into the one with the number given; a refused form comes back with what was typed."""
    patient = get_object_or_404(patients_for(request.user), public_id=patient_id)
    form = MergeForm(request.POST)
    if not form.is_valid():
        return patient_page(request, patient, merging=form, status=422)
    number = form.cleaned_data["number"]
    others = [other for other in patients.numbered(patient.clinic, number) if other.pk != patient.pk]
    if len(others) > 1:  # several spellings of one number: the one that was typed
        others = [other for other in others if other.number == number]
    if not others:
        form.add_error("number", "No other patient of your clinic has this number.")
        return patient_page(request, patient, merging=form, status=422)
    try:
        merge = merging.merge_patients(
            patient=patient, into=others[0], actor=request.user, reason=form.cleaned_data["reason"]
        )
    except MergeRefused as refused:
        form.add_error(None, refused.message)
        return patient_page(request, patient, merging=form, status=422)
    messages.success(request, f"{patient} is merged into this record. To undo it, open the merged record.")
    return redirect("patient_detail", merge.into.public_id)


@sent_from(page_of_patient, may_manage_clinic)
def patient_unmerge(request: SignedIn, patient_id: uuid.UUID) -> HttpResponse:
    """Part a merged patient from the record that was kept."""
    patient = get_object_or_404(patients_for(request.user), public_id=patient_id)
    try:
        merging.undo_merge(patient=patient, actor=request.user)
        messages.success(request, "The two records are parted again.")
    except MergeRefused as refused:
        messages.warning(request, refused.message)
    return redirect("patient_detail", patient.public_id)
