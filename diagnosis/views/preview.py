"""The preview of one study beside the worklist."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_see_records
from accounts.sittings import sitting_of
from diagnosis.access import shown_study_or_404
from diagnosis.services import history
from diagnosis.views.contexts.rows import rows_of


@require_safe
@allowed_if(may_see_records)
@never_cache
def study_preview(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Picture and facts of a study, for the open list; elsewhere, the study itself.

    Recorded as a look at the study, except where its answer is not told: then it shows what the list does.
    """
    study = shown_study_or_404(request.user, study_id)
    if not request.htmx:
        return redirect("study_detail", study.public_id)
    row = rows_of([study], request.user)[0]
    if row.told:
        history.study_viewed(study=study, reader=request.user, sitting=sitting_of(request))
    else:
        history.listed(place="worklist", rows=[study], reader=request.user, sitting=sitting_of(request))
    shown = [scan for scan in study.scans.all() if scan.display and scan.set_aside_at is None]
    context = {"row": row, "film": shown[0] if shown else None}
    return render(request, "diagnosis/worklist/_preview.html", context)
