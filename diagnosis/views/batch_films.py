"""One film of a list of many: what is typed about it, its small picture, and taking it out."""

import logging
import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn, wants_json
from accounts.permissions import may_submit
from accounts.sittings import sitting_of
from diagnosis.access import batch_films_for
from diagnosis.imaging.refusal import DecodingTooSlow, FilmRefused
from diagnosis.models import BatchFilm
from diagnosis.services import batches, history
from diagnosis.views.batch import page_of_batch, save
from diagnosis.views.contexts.batch import named_in, note_named, rows_of
from diagnosis.views.switched import for_clinic_of_list

logger = logging.getLogger(__name__)


def _page_of_film(request: SignedIn, film_id: uuid.UUID) -> str:
    _film(request, film_id)
    return page_of_batch(request)


@sent_from(_page_of_film, may_submit)
@for_clinic_of_list
def batch_film(request: SignedIn, film_id: uuid.UUID) -> HttpResponse:
    """Keep what is typed about a film, and say whose its number is; by POST, so that no address holds it."""
    _film(request, film_id)
    save(request)
    if not wants_json(request):
        return redirect("batch")
    film = _film(request, film_id)
    (row,) = rows_of(film.batch, [film])
    note_named([row])
    history.listed(place="many films", rows=named_in([row]), reader=request.user, sitting=sitting_of(request))
    whose = render_to_string("diagnosis/batch/_whose.html", {"row": row}, request)
    told = {"whose": whose, "is_open": row.is_open, "is_asked": bool(film.alike), "told": film.told}
    return JsonResponse(told)


@sent_from(_page_of_film, may_submit)
@for_clinic_of_list
def batch_remove(request: SignedIn, film_id: uuid.UUID) -> HttpResponse:
    """Take a film out of the list."""
    film = _film(request, film_id)
    save(request)
    gone = batches.remove(film)
    if wants_json(request):
        return JsonResponse({"removed": gone}, status=200 if gone else 409)
    if not gone:
        messages.warning(request, "This film is being sent, or was sent: it was not taken out.")
    return redirect("batch")


@require_safe
@allowed_if(may_submit)
def batch_thumbnail(request: SignedIn, film_id: uuid.UUID) -> HttpResponse:
    """A small picture of a film that was not sent yet."""
    film = _film(request, film_id)
    if not film.stored:
        raise Http404("This film has no picture.")
    try:
        picture = batches.thumbnail(film)
    except FilmRefused:
        return HttpResponse(status=422)  # its row says why
    except (DecodingTooSlow, MemoryError, OSError) as error:
        logger.warning("film %s of a batch has no thumbnail: %s", film.pk, type(error).__name__)
        return HttpResponse(status=404)
    response = HttpResponse(picture, content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _film(request: SignedIn, film_id: uuid.UUID) -> BatchFilm:
    return get_object_or_404(batch_films_for(request.user), public_id=film_id)
