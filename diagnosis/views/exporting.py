"""Hands a study out as a ZIP of its films: as they came, or without names once a worker has cleaned them."""

import uuid

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if, recently_authenticated, sent_from
from accounts.http import SignedIn
from accounts.permissions import may_send_out
from accounts.sittings import sitting_of
from diagnosis.access import exports_for, study_or_404
from diagnosis.models import Export, ExportState
from diagnosis.services import export, history
from diagnosis.views.form_pages import page_of_study


@sent_from(page_of_study, may_send_out)
@recently_authenticated
def study_export(request: SignedIn, study_id: uuid.UUID) -> HttpResponseBase:
    """Stream the films as they came, on record before the first byte; or have them cleaned first."""
    study = study_or_404(request.user, study_id)
    kind = request.POST.get("kind", "")
    if kind not in export.KINDS:
        messages.error(request, "Choose how to export the study. Nothing was exported.")
        return redirect("study_detail", study.public_id)
    if kind == export.WITHOUT_NAMES:
        asked = export.ask(study=study, actor=request.user, sex_and_age=bool(request.POST.get("sex_and_age")))
        return redirect("export_detail", asked.public_id)
    parts = export.as_came(study=study, actor=request.user)
    response = StreamingHttpResponse(parts, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="study-{str(study.public_id)[:8]}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@allowed_if(may_send_out)
@never_cache
def export_detail(request: SignedIn, export_id: uuid.UUID) -> HttpResponse:
    """How far an export is, and the button that fetches it; the page looks again by itself until then.

    Recorded as a look at its study, once a sitting.
    """
    found = _export(request, export_id)
    history.study_viewed(study=found.study, reader=request.user, sitting=sitting_of(request))
    unfinished = found.state in (ExportState.WAITING, ExportState.WORKING)
    context = {"export": found, "study": found.study, "unfinished": unfinished}
    return render(request, "diagnosis/export/export.html", context)


def page_of_export(request: SignedIn, export_id: uuid.UUID) -> str:
    return reverse("export_detail", args=[_export(request, export_id).public_id])


@sent_from(page_of_export, may_send_out)
@recently_authenticated
def export_fetch(request: SignedIn, export_id: uuid.UUID) -> HttpResponseBase:
    """The prepared file; on record once it is open, before its first byte leaves."""
    found = _export(request, export_id)
    try:
        file = export.fetched(export=found, actor=request.user)
    except export.Gone as why:
        messages.error(request, str(why))
        return redirect("export_detail", found.public_id)
    response = FileResponse(
        file, as_attachment=True, filename="study-without-names.zip", content_type="application/zip"
    )
    response["Cache-Control"] = "private, no-store"
    return response


def _export(request: SignedIn, export_id: uuid.UUID) -> Export:
    """The export, if this person asked for it."""
    found = exports_for(request.user).select_related("study__patient", "study__clinic")
    return get_object_or_404(found, public_id=export_id)
