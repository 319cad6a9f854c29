"""Films that contradict the record: a doctor or an administrator says whose each is, or rejects it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn
from accounts.permissions import may_settle
from accounts.sittings import sitting_of
from diagnosis.access import held_films_for
from diagnosis.forms import PatientForm, ReasonForm
from diagnosis.models import HeldFilm, HeldOutcome, Study
from diagnosis.services import history, reconcile, storage
from diagnosis.services.patients import PatientMismatch
from diagnosis.services.reconcile import NotSettled
from diagnosis.views.contexts import held as shown
from diagnosis.views.contexts import uploads

AT_ONCE = 50
REJECTED = 20


@require_safe
@allowed_if(may_settle)
@never_cache
def held_list(request: SignedIn) -> HttpResponse:
    """The films that wait, the longest wait first, and those that were rejected last."""
    films = held_films_for(request.user)
    waiting = reconcile.waiting(films)
    rejected = films.filter(outcome=HeldOutcome.REJECTED).select_related("settled_by")
    lines = [*waiting[:AT_ONCE], *rejected.order_by("-settled_at")[:REJECTED]]
    patients = {held.patient for held in lines if held.patient}
    history.listed(
        place="films to settle", rows=[*lines, *patients], reader=request.user, sitting=sitting_of(request)
    )
    rows = {held: _row(held) for held in lines}
    context = {
        "films": [row for held, row in rows.items() if held.outcome == HeldOutcome.WAITING],
        "refused": [row for held, row in rows.items() if held.outcome == HeldOutcome.REJECTED],
        "count": waiting.count(),
    }
    return render(request, "diagnosis/reconcile/list.html", context)


def _row(held: HeldFilm) -> dict[str, Any]:
    return {"held": held, "name": shown.name_of(held), "sender": shown.sender_of(held)}


@require_safe
@allowed_if(may_settle)
@never_cache
def held_film(request: SignedIn, held_id: uuid.UUID) -> HttpResponse:
    """One film: what it says beside what is on record, and the ways to settle it."""
    return _page(request, _held(request, held_id))


def page_of_held(request: SignedIn, held_id: uuid.UUID) -> str:
    return reverse("held_film", args=[_held(request, held_id).public_id])


@sent_from(page_of_held, may_settle)
def held_file_on_record(request: SignedIn, held_id: uuid.UUID) -> HttpResponse:
    """File a film under the patient on record."""
    held = _held(request, held_id)
    try:
        study = reconcile.file_on_record(held=held, actor=request.user)
    except NotSettled as why:
        return _not_settled(request, held, why)
    return _filed(request, study)


@sent_from(page_of_held, may_settle)
def held_file(request: SignedIn, held_id: uuid.UUID) -> HttpResponse:
    """File a film under a number that the person entered; a refused form comes back as it was typed."""
    held = _held(request, held_id)
    form = PatientForm(request.POST)
    if form.is_valid():
        try:
            return _filed(
                request, reconcile.file_under(held=held, actor=request.user, **form.patient_facts())
            )
        except PatientMismatch as mismatch:
            history.mismatch_refused(patient=mismatch.patient, fields=mismatch.fields, actor=request.user)
            form.add_error("number", mismatch.message)
        except NotSettled as why:
            form.add_error(None, why.message)
    return _page(request, held, form=form, status=422)


@sent_from(page_of_held, may_settle)
def held_reject(request: SignedIn, held_id: uuid.UUID) -> HttpResponse:
    """Reject a film with a reason."""
    held = _held(request, held_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            reconcile.reject(held=held, actor=request.user, reason=form.cleaned_data["reason"])
        except NotSettled as why:
            form.add_error(None, why.message)
        else:
            messages.success(request, "The film is rejected. It stays on record and can be taken up again.")
            return redirect("held_list")
    return _page(request, held, rejecting=form, status=422)


@sent_from(page_of_held, may_settle)
def held_take_up(request: SignedIn, held_id: uuid.UUID) -> HttpResponse:
    """Let a rejected film wait again."""
    held = _held(request, held_id)
    try:
        reconcile.take_up_again(held=held, actor=request.user)
    except NotSettled as why:
        return _not_settled(request, held, why)
    messages.success(request, "The film waits again.")
    return redirect("held_film", held.public_id)


@require_safe
@allowed_if(may_settle)
def held_original(request: SignedIn, held_id: uuid.UUID) -> HttpResponseBase:
    """The film as it came, as a download; recorded in the audit trail."""
    held = _held(request, held_id)
    path = storage.path_of(held.original)
    if not path.is_file():
        raise Http404("There is no such film.")
    history.held_film_downloaded(held=held, reader=request.user)
    name = "".join(letter for letter in held.original_name if letter.isprintable())
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=held.media_type)
    response["Cache-Control"] = "private, no-store"
    return response


def _held(request: SignedIn, held_id: uuid.UUID) -> HeldFilm:
    films = held_films_for(request.user).select_related(
        "patient", "study__patient", "scan__study", "settled_by"
    )
    return get_object_or_404(films, public_id=held_id)


def _page(
    request: SignedIn,
    held: HeldFilm,
    *,
    form: PatientForm | None = None,
    rejecting: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    film, sitting = shown.settling(held), sitting_of(request)
    history.held_film_viewed(held=held, reader=request.user, sitting=sitting)
    if film.patient:
        history.patient_viewed(patient=film.patient, reader=request.user, sitting=sitting)
    context: dict[str, Any] = {
        "film": film,
        "held": held,
        "form": form or PatientForm(initial=shown.typed(held)),
        "rejecting": rejecting,
    }
    return render(request, "diagnosis/reconcile/film.html", context, status=status)


def _filed(request: SignedIn, study: Study) -> HttpResponse:
    messages.success(request, uploads.filed_under(study) + " The film is in the queue now.")
    return redirect("study_detail", study.public_id)


def _not_settled(request: SignedIn, held: HeldFilm, why: NotSettled) -> HttpResponse:
    messages.warning(request, why.message)
    return redirect("held_film", held.public_id)
