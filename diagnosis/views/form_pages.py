"""The pages that hold the forms about a study or a film, for `accounts.decorators.sent_from`."""

import uuid

from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.http import SignedIn
from diagnosis.access import patients_for, scans_for, shown_study_or_404, signatures_for


def page_of_study(request: SignedIn, study_id: uuid.UUID) -> str:
    return reverse("study_detail", args=[shown_study_or_404(request.user, study_id).public_id])


def page_of_patient(request: SignedIn, patient_id: uuid.UUID) -> str:
    patient = get_object_or_404(patients_for(request.user), public_id=patient_id)
    return reverse("patient_detail", args=[patient.public_id])


def page_of_scan(request: SignedIn, scan_id: uuid.UUID) -> str:
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    return f"{reverse('study_detail', args=[scan.study.public_id])}#scan-{scan.public_id}"


def page_of_signature(request: SignedIn, signature_id: uuid.UUID) -> str:
    signature = get_object_or_404(
        signatures_for(request.user).select_related("study"), public_id=signature_id
    )
    return reverse("study_detail", args=[signature.study.public_id])
