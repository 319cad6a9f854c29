"""Signing reviews and dismissing films."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html

from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.permissions import may_review, may_submit
from diagnosis.access import predictions_for, scans_for, study_or_404
from diagnosis.forms import ReasonForm, ReviewForm
from diagnosis.models import Scan
from diagnosis.services import lifecycle, review
from diagnosis.views.contexts.run import as_query, narrowing_of, next_to_review
from diagnosis.views.contexts.study import next_film, readings
from diagnosis.views.form_pages import page_of_scan
from diagnosis.views.study import study_page

# The message that has the focus when its page opens, so that it is seen and read out.
FIRST = "first"


@sent_from(page_of_scan, may_review)
def scan_review(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Sign a review; a refused form comes back with everything that was typed."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    form = ReviewForm(request.POST, scan=scan)
    if form.is_valid() and _signed(request, scan, form):
        run = as_query(narrowing_of(request.GET))
        return redirect(f"{reverse('study_detail', args=[scan.study.public_id])}{run}")
    if "prediction" in form.errors:
        form.forget_decision()  # it was about a result that nobody can name now
    study = study_or_404(request.user, scan.study.public_id)
    return study_page(request, study, bound={scan.public_id: form}, status=422)


@sent_from(page_of_scan, may_submit)
def scan_set_aside(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Dismiss a film that needs no further action, or one with a result that should not count."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        if lifecycle.set_aside(scan=scan, actor=request.user, reason=reason):
            messages.success(request, "The film is dismissed. It stays on record.")
        else:
            messages.warning(request, "Nothing was dismissed: the film has changed in the meantime.")
    except lifecycle.ReasonMissing as missing:
        told = [missing.message, *form.errors.get("reason", [])]
        if typed := form["reason"].value():
            told.append(f"You had written: {typed}")
        messages.error(request, " ".join(map(str, told)))
    return redirect("study_detail", scan.study.public_id)


@sent_from(page_of_scan, may_submit)
def scan_take_back(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Count a film again that was dismissed."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    if lifecycle.take_back(scan=scan, actor=request.user):
        messages.success(request, "The film counts again.")
    else:
        messages.warning(request, "There was nothing to do: the film counts.")
    return redirect("study_detail", scan.study.public_id)


def _signed(request: SignedIn, scan: Scan, form: ReviewForm) -> bool:
    words = form.cleaned_data
    reviewed = predictions_for(request.user).filter(public_id=words["prediction"]).first()
    said = {name: words[name] for name in ("decision", "finding", "reason", "note", "count_again")}
    try:
        review.sign_off(scan=scan, prediction=reviewed, doctor=request.user, shown=form.shown(), **said)
    except review.AlreadySigned as twice:
        messages.warning(request, twice.message, extra_tags=FIRST)
        return True
    except review.ReviewRefused as refused:
        form.add_error(refused.field or None, refused.message)
        if isinstance(refused, review.ResultChanged):
            form.forget_decision()
        return False
    messages.success(request, _thanks(request, scan), extra_tags=FIRST)
    return True


def _thanks(request: SignedIn, scan: Scan) -> str:
    """What was signed, and the way on: to the study's next unread film, then to the next study."""
    study = study_or_404(request.user, scan.study.public_id)
    unread = next_film(readings(study, request.user), after=scan)
    if unread is not None:
        return format_html(
            'Your review is signed: {} of {} films read. <a href="#scan-{}">Go on to film {}</a>',
            study.films_read, study.films_counted, unread.scan.public_id, unread.number,
        )  # fmt: skip
    narrowing = narrowing_of(request.GET)
    following = next_to_review(request.user, after=study, narrowing=narrowing)
    if following is None:
        else_where = " in the list that you chose" if narrowing else ""
        return f"Your review is signed. Nothing else is waiting for a review{else_where}."
    address = reverse("study_detail", args=[following.public_id]) + as_query(narrowing)
    return format_html('Your review is signed. <a href="{}">Review the next study</a>', address)
