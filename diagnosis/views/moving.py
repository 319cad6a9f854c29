"""Moves a film to the patient it belongs to."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.permissions import may_submit
from diagnosis.access import scans_for, study_or_404
from diagnosis.forms import PatientForm
from diagnosis.models import Scan, Study
from diagnosis.services import history, studies
from diagnosis.services.patients import PatientMismatch
from diagnosis.services.studies import patient_was_known
from diagnosis.views.contexts import uploads
from diagnosis.views.contexts.study import ids_of
from diagnosis.views.form_pages import page_of_scan
from diagnosis.views.study import study_page


@sent_from(page_of_scan, may_submit)
def scan_move(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """File a film under another patient; a refused form comes back with everything that was typed."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    form = PatientForm(request.POST, auto_id=ids_of(scan))
    if request.POST.get("from", str(scan.study.public_id)) != str(scan.study.public_id):
        form.add_error(None, "It was moved here after you opened the page. Check whose it is, then move it.")
    moved = _moved(request, scan, form) if form.is_valid() else None
    if moved is None:
        study = study_or_404(request.user, scan.study.public_id)
        return study_page(request, study, moving={scan.public_id: form}, status=422)
    new = "" if patient_was_known(moved) else " This number was new: a patient was created."
    rest = " What was entered about the other study stayed there: use Edit to add what belongs here."
    messages.warning(request, uploads.filed_under(moved) + new + rest)
    return redirect("study_detail", moved.public_id)


def _moved(request: SignedIn, scan: Scan, form: PatientForm) -> Study | None:
    try:
        return studies.move_film(scan=scan, actor=request.user, **form.patient_facts())
    except PatientMismatch as mismatch:
        history.mismatch_refused(patient=mismatch.patient, fields=mismatch.fields, actor=request.user)
        form.add_error("number", mismatch.message)
    except studies.MoveRefused as refused:
        form.add_error(refused.field or None, refused.message)
    return None
