"""Hands a study out as a ZIP of its films: as they came, or without names."""

import uuid

from django.contrib import messages
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect

from accounts.decorators import recently_authenticated, sent_from
from accounts.http import SignedIn
from accounts.permissions import may_send_out
from diagnosis.access import study_or_404
from diagnosis.services import export
from diagnosis.views.form_pages import page_of_study


@sent_from(page_of_study, may_send_out)
@recently_authenticated
def study_export(request: SignedIn, study_id: uuid.UUID) -> HttpResponseBase:
    """Stream the study's films; on record before the first byte leaves."""
    study = study_or_404(request.user, study_id)
    kind = request.POST.get("kind", "")
    if kind not in export.KINDS:
        messages.error(request, "Choose how to export the study. Nothing was exported.")
        return redirect("study_detail", study.public_id)
    parts = export.study_as_zip(
        study=study, kind=kind, actor=request.user, sex_and_age=bool(request.POST.get("sex_and_age"))
    )
    response = StreamingHttpResponse(parts, content_type="application/zip")
    name = str(study.public_id)[:8] if kind == export.AS_IT_CAME else "without-names"
    response["Content-Disposition"] = f'attachment; filename="study-{name}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response
