"""What people say to the checks of a film: that it is a frontal chest film, or that it came as it should."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.permissions import may_submit
from diagnosis.access import scans_for
from diagnosis.models import Scan
from diagnosis.services import refusals, undoing
from diagnosis.views.form_pages import page_of_scan


@sent_from(page_of_scan, may_submit)
def scan_appeal(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Keep a refused film for training, since it is a frontal chest film."""
    if refusals.appeal(scan=_scan(request, scan_id), person=request.user):
        messages.success(
            request,
            "Thank you: the film is kept for training the next network. A doctor can read and sign it now.",
        )
    else:
        messages.warning(request, "There was nothing to do: the film is not refused, or was appealed before.")
    return redirect(page_of_scan(request, scan_id))


@sent_from(page_of_scan, may_submit)
def scan_undo_correction(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Show a film as it came that was turned or inverted before the network read it."""
    if undoing.undo_correction(scan=_scan(request, scan_id), person=request.user):
        messages.success(request, "The film is shown as it came. A person reads it without the network.")
    else:
        messages.warning(request, "There was nothing to undo: the film is shown as it came.")
    return redirect(page_of_scan(request, scan_id))


def _scan(request: SignedIn, scan_id: uuid.UUID) -> Scan:
    found = scans_for(request.user).select_related("study", "refused_by")
    return get_object_or_404(found, public_id=scan_id)
