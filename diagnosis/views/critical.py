"""A critical result is acknowledged, with the name of who knows of it."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_see_records
from accounts.sittings import sitting_of
from diagnosis.access import study_or_404
from diagnosis.forms import AcknowledgeForm
from diagnosis.services import blindness, critical, history


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_see_records)
@never_cache
def study_critical(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Acknowledge the study's critical result; the form on the study's page comes here."""
    study = study_or_404(request.user, study_id)
    result = critical.of(study)
    if result is None or not result.is_open or blindness.is_unheard(request.user, study):
        if request.method == "POST":
            messages.info(request, "There is no critical result to acknowledge.")
        return redirect("study_detail", study.public_id)
    form = AcknowledgeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        name = form.cleaned_data["name"]
        shown = request.POST.get("result", "")
        if critical.acknowledge(study=study, by=request.user, name=name, result=shown):
            messages.success(request, "The critical result is acknowledged.")
        else:
            messages.warning(
                request,
                "Nothing was acknowledged: somebody had done so before you, or the study was signed anew "
                f"since. Look at it again. You had written: {name}",
            )
        return redirect("study_detail", study.public_id)
    history.study_viewed(study=study, reader=request.user, sitting=sitting_of(request))
    context = {"study": study, "critical": result, "form": form}
    return render(request, "diagnosis/critical/form.html", context, status=422 if form.errors else 200)
