"""Reports as documents: asked for, made, fetched one by one or together, and checked by whoever holds one."""

import uuid
from collections.abc import Callable
from typing import Final

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.addresses import public_address
from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn
from accounts.permissions import may_see_records
from accounts.sittings import sitting_of
from diagnosis.access import (
    reports_for,
    shown_report_or_404,
    studies_for,
    study_to_read_or_404,
)
from diagnosis.models import Report, ReportState, Study
from diagnosis.services import history, report, storage
from diagnosis.views.blind_reads import before_the_answer
from diagnosis.views.contexts.blind import to_read_blind
from diagnosis.views.form_pages import page_of_study

MOST_TOGETHER: Final = 50
CHECKS: Final = {"verify": "30/5m/ip"}


def place_to_check(request: HttpRequest) -> Callable[[str], str]:
    """Where a code is checked: the address that stands on the paper."""
    return lambda code: public_address(request, reverse("verify_code", args=[code]))


@sent_from(page_of_study, may_see_records)
def document_new(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """The document of what is signed now: the one that is there, or a new one."""
    study = study_to_read_or_404(request.user, study_id)
    try:
        found = report.issue(study=study, actor=request.user, address=place_to_check(request))
    except report.NotSigned as why:
        messages.error(request, str(why))
        return redirect("study_detail", study.public_id)
    return redirect("document_detail", found.public_id)


@require_safe
@allowed_if(may_see_records)
@never_cache
def document_draft(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """The report of what is not signed yet, marked as a draft; made at once and kept nowhere."""
    study = study_to_read_or_404(request.user, study_id)  # it shows an earlier film, too
    if (first := before_the_answer(request, study)) is not None:
        return first
    return _pdf(report.draft(study=study, reader=request.user), "report-draft.pdf")


@require_safe
@allowed_if(may_see_records)
@never_cache
def document_detail(request: SignedIn, report_id: uuid.UUID) -> HttpResponse:
    """How far a document is, and the way to fetch it; recorded as a look at its study, once a sitting."""
    found = shown_report_or_404(request.user, report_id)
    history.study_viewed(study=found.study, reader=request.user, sitting=sitting_of(request))
    verdict = report.check(found.code)
    others = Report.objects.filter(study=found.study)
    context = {
        "report": found,
        "study": found.study,
        "unfinished": found.state in (ReportState.WAITING, ReportState.WORKING),
        "gone": found.state == ReportState.READY and not storage.existing(found.file),
        "replaced_by": others.filter(replaces=found).first(),
        "outdated": verdict is not None and verdict.stands == "outdated",
        "earlier": others.filter(pk__lt=found.pk),
    }
    return render(request, "diagnosis/report/document.html", context)


@require_safe
@allowed_if(may_see_records)
@never_cache
def document_file(request: SignedIn, report_id: uuid.UUID) -> HttpResponse:
    """The document, on record each time."""
    found = shown_report_or_404(request.user, report_id)
    if (first := before_the_answer(request, found.study)) is not None:
        return first
    try:
        content = report.fetched(report=found, reader=request.user)
    except report.Gone as why:
        messages.error(request, str(why))
        return redirect("document_detail", found.public_id)
    return _pdf(content, f"report-{found.code}.pdf")


def page_of_document(request: SignedIn, report_id: uuid.UUID) -> str:
    return reverse("document_detail", args=[shown_report_or_404(request.user, report_id).public_id])


@sent_from(page_of_document, may_see_records)
def document_retry(request: SignedIn, report_id: uuid.UUID) -> HttpResponse:
    """Have a document made again that failed, or whose file is gone."""
    found = _report(request, report_id)
    if not report.retry(report=found, actor=request.user):
        messages.info(request, "There was nothing to make again.")
    return redirect("document_detail", found.public_id)


@sent_from(lambda request: reverse("worklist"), may_see_records)
def documents_together(request: SignedIn) -> HttpResponse:
    """The documents of the studies that were selected in the worklist, as one ZIP.

    What is not made yet is asked for, and told: nothing is left out of the file unseen.
    """
    studies = _selected(request)
    if not studies:
        messages.error(request, "Select signed studies first. Nothing was fetched.")
        return redirect("worklist")
    if to_read_blind(request.user, studies):
        messages.error(request, "Nothing was fetched: one of these waits for your blind read. Open it first.")
        return redirect("worklist")
    ready, waiting, refused = _documents(request, studies)
    if waiting or refused:
        parts = (
            [f"{waiting} of {len(studies)} are being made: press again in a few seconds."] if waiting else []
        )
        parts += (
            [f"{refused} of {len(studies)} have none: not signed, or it failed; see the study."]
            if refused
            else []
        )
        messages.warning(request, f"Nothing was fetched. {' '.join(parts)}")
        return redirect("worklist")
    try:
        content = report.together(reports=ready, reader=request.user)
    except report.Gone as why:
        messages.error(request, f"Nothing was fetched. {why}")
        return redirect("worklist")
    return _saved(content, "reports.zip", "application/zip")


def _selected(request: SignedIn) -> list[Study]:
    try:
        chosen = [uuid.UUID(value) for value in request.POST.getlist("study")[:MOST_TOGETHER]]
        return list(studies_for(request.user).filter(public_id__in=chosen).order_by("pk"))
    except (ValueError, ValidationError):
        return []


def _documents(request: SignedIn, studies: list[Study]) -> tuple[list[Report], int, int]:
    """The documents that are ready, how many are being made, and how many studies have none."""
    ready, waiting, refused = [], 0, 0
    for study in studies:
        try:
            found = report.issue(study=study, actor=request.user, address=place_to_check(request))
        except report.NotSigned:
            refused += 1
            continue
        if found.state == ReportState.READY:
            ready.append(found)
        elif found.state == ReportState.FAILED:
            refused += 1
        else:
            waiting += 1
    return ready, waiting, refused


@require_safe
@never_cache
def verify(request: HttpRequest, code: str = "") -> HttpResponse:
    """Whether a document was issued here and still holds: for anybody, with nothing about the patient.

    `sha256`: of a file that somebody holds. It stays with them; the page works out its digest where they are.
    """
    asked = (code or request.GET.get("code", "")).strip()[:40]
    digest = request.GET.get("sha256", "").strip().lower()[:64]
    if (asked or digest) and _too_many(request):
        return render(request, "429.html", status=429)
    by_code = report.check(asked) if asked else None
    verdict = report.issued_as(digest) if digest else by_code
    context = {
        "asked": asked,
        "digest": digest,
        "verdict": verdict,
        "differs": bool(digest and verdict is None and by_code),
    }
    status = 404 if (asked or digest) and verdict is None else 200
    return render(request, "diagnosis/report/verify.html", context, status=status)


def _too_many(request: HttpRequest) -> bool:
    """Whether somebody at this address has asked for so many codes that they may be guessing."""
    used = ratelimit.consume(request, app="carina", action="verify", config=CHECKS, limit_get=True)
    return used is None


def _report(request: SignedIn, report_id: uuid.UUID) -> Report:
    found = reports_for(request.user).select_related("study__patient", "study__clinic", "clinic")
    return get_object_or_404(found, public_id=report_id)


def _pdf(content: bytes, name: str) -> HttpResponse:
    return _saved(content, name, "application/pdf")


def _saved(content: bytes, name: str, media_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
