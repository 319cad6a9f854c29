"""Sends studies to archives, and shows what lies where: sent, waiting, or failed with the reason."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn
from accounts.permissions import may_see_records, may_send_out
from accounts.sittings import sitting_of
from diagnosis.access import archives_for, deliveries_for, study_or_404
from diagnosis.models import DeliveryState
from diagnosis.services import delivery, history
from diagnosis.services.delivery import NothingToSend
from diagnosis.views.form_pages import page_of_study

SIZE = 50


@require_safe
@allowed_if(may_see_records)
@never_cache
def delivery_list(request: SignedIn) -> HttpResponse:
    """One page of the clinic's deliveries, the newest first; a filter that is none is left out."""
    state, archive = request.GET.get("state", ""), _uuid(request.GET.get("archive", ""))
    rows = deliveries_for(request.user).select_related("archive", "asked_by", "scan__study__patient")
    chosen = {}
    if state in DeliveryState.values:
        rows, chosen["state"] = rows.filter(state=state), state
    if archive is not None:
        rows, chosen["archive"] = rows.filter(archive__public_id=archive), str(archive)
    page = Paginator(rows, SIZE).get_page(request.GET.get("page"))
    studies = {row.scan.study_id: row.scan.study for row in page.object_list}
    history.listed(
        place="deliveries", rows=studies.values(), reader=request.user, sitting=sitting_of(request)
    )
    context = {
        "page": page,
        "chosen": chosen,
        "states": DeliveryState.choices,
        "archives": archives_for(request.user),
    }
    return render(request, "diagnosis/deliveries/list.html", context)


@sent_from(page_of_study, may_send_out)
def study_send(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Put the study's films into the queue for an archive of the clinic."""
    study = study_or_404(request.user, study_id)
    asked = _uuid(request.POST.get("archive", ""))
    archive = archives_for(request.user).filter(public_id=asked).first() if asked else None
    if archive is None:
        messages.error(request, "Choose an archive of your clinic. Nothing was sent.")
        return redirect("study_detail", study.public_id)
    try:
        films = delivery.ask(study=study, archive=archive, actor=request.user)
    except NothingToSend as why:
        messages.error(request, str(why))
        return redirect("study_detail", study.public_id)
    if films:
        many = "1 film waits" if films == 1 else f"{films} films wait"
        messages.success(request, f"{many} to be sent to {archive}.")
    else:
        messages.info(request, f"{archive} has every film of this study, or they are on their way there.")
    return redirect("study_detail", study.public_id)


def page_of_deliveries(request: SignedIn, delivery_id: uuid.UUID) -> str:
    """The list, for whoever may see this delivery."""
    get_object_or_404(deliveries_for(request.user), public_id=delivery_id)
    return reverse("delivery_list")


@sent_from(page_of_deliveries, may_send_out)
def delivery_retry(request: SignedIn, delivery_id: uuid.UUID) -> HttpResponse:
    """Try a film again that could not be sent."""
    found = deliveries_for(request.user).select_related("archive", "scan__study")
    failed = get_object_or_404(found, public_id=delivery_id)
    if delivery.retry(delivery=failed, actor=request.user):
        messages.success(request, f"The film waits to be sent to {failed.archive} again.")
    else:
        messages.info(request, "The film had not failed, or somebody else tried it again already.")
    return redirect("delivery_list")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
