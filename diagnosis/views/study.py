"""The study page: each film with the network's result, the doctors' reviews and its history."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_see_records
from accounts.sittings import sitting_of
from diagnosis.access import archives_for, deliveries_for, exports_for, shown_study_or_404
from diagnosis.forms import JoinForm, PatientForm, ReasonForm, ReviewForm, SignForm
from diagnosis.models import Study
from diagnosis.services import blindness, claims, doubts, history, notice, referred, registry, review
from diagnosis.services.doubts import Doubt
from diagnosis.services.worklist import RANK_DONE
from diagnosis.views.blind_reads import before_the_answer
from diagnosis.views.contexts.blind import to_read_blind
from diagnosis.views.contexts.past import history_of, moves_of, said_otherwise
from diagnosis.views.contexts.referral import referral_of
from diagnosis.views.contexts.run import as_query, narrowing_at, next_to_review, place_of, waiting_for_others
from diagnosis.views.contexts.signing import signing
from diagnosis.views.contexts.study import Reading, earlier_studies, first_shown, readings, signed_marks
from diagnosis.views.contexts.trend import trend_of
from diagnosis.views.first_reads import first_word_page
from diagnosis.views.worklist import signed_today


@require_safe
@allowed_if(may_see_records)
@never_cache
def study_detail(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Show the study page and record the view; before it, to whom a film is to be read blind, that."""
    review.finalise_due(
        clinic_id=request.user.clinic_id
    )  # before the study is read: it may be signed by that
    study = shown_study_or_404(request.user, study_id)
    if study.clinic_id != request.user.clinic_id and review.finalise_due(clinic_id=study.clinic_id):
        study = shown_study_or_404(request.user, study_id)
    if referred.may_read(request.user, study):
        claims.hold(study=study, doctor=request.user)
    notice.seen(request.user, study)
    return before_the_answer(request, study) or study_page(request, study)


def study_page(
    request: SignedIn,
    study: Study,
    *,
    bound: dict[uuid.UUID, ReviewForm] | None = None,
    moving: dict[uuid.UUID, PatientForm] | None = None,
    cancelling: ReasonForm | None = None,
    joining: JoinForm | None = None,
    signing_form: SignForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Record the look and show the study; the others: refused forms."""
    if blindness.is_unheard(request.user, study):
        return first_word_page(request, study, status=status)
    sitting, earlier = sitting_of(request), earlier_studies(study, request.user)
    untold = to_read_blind(request.user, earlier)
    history.study_viewed(study=study, reader=request.user, sitting=sitting)
    history.listed(place="prior studies", rows=earlier, reader=request.user, sitting=sitting)
    context = _context(request, study, bound, moving)
    context |= signing(study, request.user, context["films"], signing_form)
    shown = [film.scan.public_id for film in context["films"] if film.form]
    movable = [film.scan.public_id for film in context["films"] if film.move]
    narrowing, place = narrowing_at(request, study), place_of(request, study)
    context |= {
        "films": first_shown(context["films"], bound or {}),
        "signed_marks": signed_marks(context["films"]),
        "done": "done" in request.GET,
        "for_others": SimpleLazyObject(lambda: waiting_for_others(request.user) or 0),
        "signed_today": SimpleLazyObject(lambda: signed_today(request.user)),
        "drawer_open": bool(moving or cancelling or joining),
        # A form whose film has no result now cannot be shown again, but what was typed into it can.
        "unsigned": [form for scan_id, form in (bound or {}).items() if scan_id not in shown],
        "unmoved": [form for scan_id, form in (moving or {}).items() if scan_id not in movable],
        "cancelling": cancelling,
        "joining": joining,
        "joinable": [other for other in earlier if other.cancelled_at is None],
        "claim": claims.of(study),
        "beat": claims.BEAT_SECONDS if study.rank < RANK_DONE and context["may_read"] else 0,
        "archives": archives_for(request.user) if context["ours"] else [],
        "sent": deliveries_for(request.user).filter(scan__study=study).select_related("archive"),
        "document": study.reports.first(),
        "exports": exports_for(request.user).filter(study=study),
        "doubts": [*_about_patient(study), *doubts.about_study(study)] if context["ours"] else [],
        "said_otherwise": said_otherwise(study),
        "moves": moves_of(study),
        "referral": referral_of(study, request.user),
        "next_film": _half_read(study, context["films"]),
        "next_study": next_to_review(request.user, after=study, narrowing=narrowing),
        "place": place,
        "list": as_query(narrowing),
        "run": as_query(narrowing | place.as_fields),
        "onward": as_query(narrowing | place.following.as_fields),
        "earlier_studies": earlier,
        "to_read_blind": untold,
        "trend": trend_of([study, *earlier], untold),
        "network": SimpleLazyObject(registry.active_model),  # asked for by prior studies of a known age
    }
    return render(request, "diagnosis/study/study.html", context, status=status)


def _about_patient(study: Study) -> list[Doubt]:
    """Doubts about the patient of a study that came by itself; of others, their sender was told."""
    return doubts.about_patient(study.patient) if study.created_by_id is None else []


def _half_read(study: Study, films: list[Reading]) -> Reading | None:
    """The next film of a study that somebody began to read: it is finished before another is begun."""
    return next((film for film in films if film.to_read), None) if study.films_read else None


@require_safe
@allowed_if(may_see_records)
@never_cache
def study_result(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """The current state of the waiting films (`p`) that the open page polls for."""
    study = shown_study_or_404(request.user, study_id)
    if not request.htmx or to_read_blind(request.user, [study]):
        return redirect("study_detail", study.public_id)
    history.study_viewed(study=study, reader=request.user, sitting=sitting_of(request))
    context = _context(request, study)
    asked = set(request.GET.getlist("p"))
    context |= signing(study, request.user, context["films"], None)
    context["asked"] = [film for film in context["films"] if str(film.scan.public_id)[:8] in asked]
    # the choice to reject a result comes with the first one, and is left alone once it may hold words
    context["is_first_result"] = not any(
        film.prediction for film in context["films"] if film not in context["asked"]
    )
    return render(request, "diagnosis/study/_result.html", context)


def _context(
    request: SignedIn,
    study: Study,
    bound: dict[uuid.UUID, ReviewForm] | None = None,
    moving: dict[uuid.UUID, PatientForm] | None = None,
) -> dict[str, Any]:
    films = readings(study, request.user, bound=bound, moving=moving)
    ours = study.clinic_id == request.user.clinic_id
    return {
        "study": study,
        "films": films,
        "pending": any(not film.scan.is_final for film in films),
        "ours": ours,
        "may_read": referred.may_read(request.user, study),
        "history": history_of(study, films) if ours else None,
    }
