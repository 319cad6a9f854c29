"""Signing reviews and setting films aside."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_review, may_submit
from diagnosis.access import scans_for, study_or_404
from diagnosis.forms import ReasonForm, ReviewForm
from diagnosis.models import Prediction, Scan
from diagnosis.services import lifecycle, results, review
from diagnosis.views.contexts.run import as_query, narrowing_of, next_to_review
from diagnosis.views.study import study_page


@require_POST
@allowed_if(may_review)
def scan_review(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Sign a review; a refused form comes back with everything that was typed."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    form = ReviewForm(request.POST, auto_id=f"id_{scan.public_id.hex[:8]}_%s")
    if form.is_valid() and _signed(request, scan, form):
        run = as_query(narrowing_of(request.GET))
        return redirect(f"{reverse('study_detail', args=[scan.study.public_id])}{run}#scan-{scan.public_id}")
    study = study_or_404(request.user, scan.study.public_id)
    return study_page(request, study, bound={scan.public_id: form}, status=422)


@require_POST
@allowed_if(may_submit)
def scan_set_aside(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Set aside a film that needs no further action, or one with a result that should not count."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        if lifecycle.set_aside(scan=scan, actor=request.user, reason=reason):
            messages.success(request, "The film is set aside. It stays on record.")
        else:
            messages.warning(request, "There was nothing to set aside: the film has changed in the meantime.")
    except lifecycle.ReasonMissing as missing:
        messages.error(request, " ".join([missing.message, *form.errors.get("reason", [])]))
    return redirect("study_detail", scan.study.public_id)


@require_POST
@allowed_if(may_submit)
def scan_take_back(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Count a film again that was set aside."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    if lifecycle.take_back(scan=scan, actor=request.user):
        messages.success(request, "The film counts again.")
    return redirect("study_detail", scan.study.public_id)


def _signed(request: SignedIn, scan: Scan, form: ReviewForm) -> bool:
    if request.POST.get("study", str(scan.study.public_id)) != str(scan.study.public_id):
        form.add_error(
            None, "This film was moved to another patient after you opened it. Check whose it is, then sign."
        )
        return False
    words = dict(form.cleaned_data)
    prediction = Prediction.objects.filter(scan=scan, public_id=words.pop("prediction")).first()
    if prediction is None:
        form.add_error(None, "This form belongs to another film. Open the study again and review it there.")
        return False
    try:
        review.sign_off(scan=scan, prediction=prediction, doctor=request.user, **words)
    except review.AlreadySigned as twice:
        messages.warning(request, twice.message)
    except review.ReviewRefused as refused:
        form.add_error(refused.field or None, refused.message)
        if isinstance(refused, review.ResultChanged):
            _turn_to_newest(form, scan)
        return False
    else:
        messages.success(request, _thanks(request, scan))
    return True


def _turn_to_newest(form: ReviewForm, scan: Scan) -> None:
    """Point the form at the current result; what was typed stays, the decision is asked again."""
    shown = results.speaking(scan.predictions.select_related("model_version"))
    assert shown is not None  # the doctor's form was about one of them
    data = QueryDict(mutable=True)
    data.update({name: form.data.get(name, "") for name in ("finding", "reason", "note")})
    data["prediction"] = str(shown.public_id)
    form.data = data


def _thanks(request: SignedIn, scan: Scan) -> str:
    narrowing = narrowing_of(request.GET)
    following = next_to_review(request.user, after=scan.study, narrowing=narrowing)
    if following is None:
        else_where = " in the list that you chose" if narrowing else ""
        return f"Your review is signed. Nothing else is waiting for a review{else_where}."
    address = reverse("study_detail", args=[following.public_id]) + as_query(narrowing)
    return format_html('Your review is signed. <a href="{}">Review the next study</a>', address)
