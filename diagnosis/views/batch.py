"""Many films at once: dropped into a list of one's own, told apart by patient, and sent by one button."""

from dataclasses import replace

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn, wants_json
from accounts.permissions import may_submit
from accounts.sittings import sitting_of
from diagnosis.access import batch_films_for, batches_for, uploads_for
from diagnosis.forms import BatchFilmForm
from diagnosis.forms.batch import typed_in
from diagnosis.models import Batch, BatchFilm, BatchState
from diagnosis.services import batches, history
from diagnosis.services.intake.batch_films import Added, add
from diagnosis.services.intake.batch_sending import Sent, send
from diagnosis.services.intake.door import takes_films
from diagnosis.services.uploads import Refused, on_their_way
from diagnosis.views.contexts.batch import named_in, note_named, rows_of
from diagnosis.views.switched import for_clinic_of_list
from diagnosis.views.uploads import arrived, refused


def page_of_batch(request: SignedIn) -> str:
    return reverse("batch")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_submit)
@never_cache
@for_clinic_of_list
def batch(request: SignedIn) -> HttpResponse:
    """Show the list; what was typed in it is kept by a POST."""
    if request.method == "POST":
        save(request)
        messages.success(request, "The list is kept. Nothing was sent yet.")
        return redirect("batch")
    return shown(request)


@takes_films
@sent_from(page_of_batch, may_submit)
@for_clinic_of_list
def batch_add(request: SignedIn) -> HttpResponse:
    """Take films into the list: files, a folder, or a ZIP of them."""
    save(request)
    try:
        with arrived(request, "films", "folder") as files:
            added = add(actor=request.user, files=files)
            if wants_json(request):
                _check_room(added)
    except Refused as why:
        return refused(request, why, page_of_batch(request))
    if wants_json(request):
        return _added(request, added)
    new = sum(one.is_new and one.film is not None and one.film.state == BatchState.DRAFT for one in added)
    if new:
        messages.success(request, f"{new} film{'s' if new > 1 else ''} added to the list.")
    for one in added:
        if one.text:
            messages.warning(request, f"{one.name}: {one.text}")
    if not files:
        messages.error(request, "No file was chosen. Choose at least one film, a folder or a ZIP.")
    return redirect("batch")


@takes_films
@sent_from(page_of_batch, may_submit)
@for_clinic_of_list
def batch_send(request: SignedIn) -> HttpResponse:
    """Send every row that is filled in; the others say what they lack."""
    save(request)
    films = [film for film in _open(request) if film.state != BatchState.REFUSED]
    ready, faulty = [], []
    for film in films:
        if film.state == BatchState.SENDING and not batches.is_left_behind(film):
            continue
        form = BatchFilmForm(film, checked=True)
        if form.is_valid():
            ready.append(form.ready())
        else:
            faulty.append(film.pk)
    batch_films_for(request.user).filter(pk__in=faulty).update(tried=True)
    sent = send(actor=request.user, ready=ready)
    sent.back += len(faulty)
    history.listed(place="many films", rows=sent.looked, reader=request.user, sitting=sitting_of(request))
    if wants_json(request):  # several presses in a row: the page counts what they sent together
        if not sent.left:
            _tell(request, replace(sent, films=0), listed=bool(films))
        return JsonResponse({"films": sent.films, "back": sent.back, "busy": sent.busy, "left": sent.left})
    _tell(request, sent, listed=bool(films))
    return shown(request, 422) if sent.back else redirect("batch")


@sent_from(page_of_batch, may_submit)
@for_clinic_of_list
def batch_clear(request: SignedIn) -> HttpResponse:
    """Take what was sent off the page."""
    save(request)
    for own in batches_for(request.user):
        batches.clear_sent(own)
    return redirect("batch")


def save(request: SignedIn) -> None:
    """Keep what the form says of each of the person's films that it names."""
    for own in batches_for(request.user):
        films = list(own.films.filter(state=BatchState.DRAFT))
        typed = {film.public_id: typed_in(request.POST, film) for film in films}
        batches.note_typed(own, {identity: said for identity, said in typed.items() if "number" in said})


def shown(request: SignedIn, status: int = 200) -> HttpResponse:
    """The page, with the list as it is kept."""
    own = batches_for(request.user).select_related("clinic").first()
    films = list(_open(request))
    rows = rows_of(own, films) if own else []
    note_named(rows)
    sent = list(batch_films_for(request.user).filter(state=BatchState.SENT).select_related("study__patient"))
    studies = list({film.study_id: film.study for film in sent if film.study}.values())
    seen = [*named_in(rows), *(one for study in studies for one in (study.patient, study))]
    history.listed(place="many films", rows=seen, reader=request.user, sitting=sitting_of(request))
    context = {
        "rows": rows,
        "sent": [(study, [film for film in sent if film.study_id == study.pk]) for study in studies],
        "unfiled": [film for film in sent if film.study_id is None],
        "sent_films": len(sent),
        "ends_at": batches.ends_at(own) if own and (rows or sent) else None,
        "days": batches.KEPT_DAYS,
        "most": batches.MOST_FILMS,
        "on_their_way": on_their_way(uploads_for(request.user)),
    }
    return render(request, "diagnosis/batch/batch.html", context, status=status)


def _check_room(added: list[Added]) -> None:
    """Raises Refused where the disk was full: what came by pieces counts as not taken, and may come again."""
    if later := next((one for one in added if one.later), None):
        raise Refused(507, later.text)


def _open(request: SignedIn) -> QuerySet[BatchFilm]:
    return batch_films_for(request.user).exclude(state=BatchState.SENT).order_by("pk")


def _added(request: SignedIn, added: list[Added]) -> HttpResponse:
    """What became of each file, for our script: with its row, which it may lack even if it is no new one."""
    own: Batch = batches.of(request.user)
    rows = {row.film.pk: row for row in rows_of(own, [one.film for one in added if one.film])}
    seen = named_in(rows.values())
    note_named(row for row in rows.values() if not row.film.shown)  # the page keeps a row that it has
    history.listed(place="many films", rows=seen, reader=request.user, sitting=sitting_of(request))
    told = [
        {
            "name": one.name,
            "text": one.text,
            "known": one.film is not None and not one.is_new and one.film.name == one.name,
            "address": reverse("batch_film", args=[one.film.public_id]) if one.film else "",
            "row": render_to_string("diagnosis/batch/_row.html", {"row": rows[one.film.pk]}, request)
            if one.film
            else "",
        }
        for one in added
    ]
    return JsonResponse({"films": told})


def _tell(request: SignedIn, sent: Sent, *, listed: bool) -> None:
    if sent.films:
        messages.success(request, f"{sent.films} film{'s' if sent.films > 1 else ''} sent.")
    if sent.back:
        rows = "1 row was" if sent.back == 1 else f"{sent.back} rows were"
        messages.error(request, f"{rows} not sent: the reason stands beside it. Correct it, and press Send.")
    if sent.left:
        messages.warning(request, f"{sent.left} more are ready: press Send again for them.")
    if sent.busy:
        messages.warning(request, f"{sent.busy} are being sent just now, perhaps by another tab.")
    if not listed:
        messages.error(request, "There is no film to send. Add films first.")
