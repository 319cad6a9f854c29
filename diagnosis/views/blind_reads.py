"""Blind reads: a film by itself, big, four keys, the next one; no name and no network's answer."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn
from accounts.permissions import may_review
from accounts.sittings import sitting_of
from diagnosis.access import scans_for
from diagnosis.models import Scan, Study
from diagnosis.services import blind_reads, blindness, check_words, history
from diagnosis.services.blind_reads import BlindWord, NotOpen
from diagnosis.views.films import picture
from diagnosis.views.first_reads import first_word_page

KEYS = (
    ("1", BlindWord.NORMAL, "Normal", ""),
    ("2", BlindWord.COVID19, "Abnormal", "COVID-19"),
    ("3", BlindWord.OTHER, "Abnormal", "pneumonia or another finding"),
    ("4", BlindWord.CANNOT_SAY, "Cannot say", ""),
)


@require_safe
@allowed_if(may_review)
@never_cache
def blind_reading(request: SignedIn) -> HttpResponse:
    """The next film for this doctor, or the page that says that there is none."""
    scan = _asked_for(request) or blind_reads.next_film(doctor=request.user, films=scans_for(request.user))
    if scan is not None:
        history.shown_blind(scan=scan, reader=request.user, sitting=sitting_of(request))
    corrections = [check_words.correction(code) for code in scan.shown_corrections] if scan else []
    context = {"scan": scan, "corrections": corrections, "keys": KEYS, "under_way": blind_reads.under_way()}
    return render(request, "diagnosis/blind/blind.html", context)


@require_safe
@allowed_if(may_review)
def blind_film(request: SignedIn, scan_id: uuid.UUID) -> HttpResponseBase:
    """The film's display image, for the doctor who is to read it blind; on record once a sitting."""
    scan = _scan(request, scan_id)
    response = picture(request, scan.display)
    history.shown_blind(scan=scan, reader=request.user, sitting=sitting_of(request))
    return response


def before_the_answer(request: SignedIn, study: Study) -> HttpResponse | None:
    """The page before a study with a film that this doctor may yet read blind: they read it, or open it.

    A study that they open shows the answer, so its film goes to a colleague. Before one that asks their first
    word stands that, and nothing leads past it. None: nothing stands before the study.
    """
    if blindness.is_unheard(request.user, study):
        return first_word_page(request, study)
    films = scans_for(request.user).filter(study=study)
    waiting = [] if "open" in request.GET else blind_reads.waiting_for(reader=request.user, films=films)
    if not waiting:
        return None
    asked = request.GET.copy()
    asked["open"] = "1"
    context = {"scan": waiting[0], "opened": f"{request.path}?{asked.urlencode()}"}
    return render(request, "diagnosis/blind/first.html", context)


def page_of_blind_read(request: SignedIn, scan_id: uuid.UUID) -> str:
    get_object_or_404(
        scans_for(request.user), public_id=scan_id
    )  # read already: the page offers the next one
    return reverse("blind_reading")


@sent_from(page_of_blind_read, may_review)
def blind_word(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Keep the doctor's word and go on to the next film."""
    scan = get_object_or_404(scans_for(request.user), public_id=scan_id)
    word = request.POST.get("word", "")
    if word not in BlindWord.values:
        messages.error(request, "Choose what you see. Nothing was noted.")
        return redirect("blind_reading")
    try:
        blind_reads.give_word(doctor=request.user, scan=scan, word=word)
    except NotOpen as why:
        messages.warning(request, why.message)
    return redirect("blind_reading")


def _asked_for(request: SignedIn) -> Scan | None:
    """The film that a study's page sent its doctor here for, if it is theirs to read blind."""
    try:
        films = scans_for(request.user).filter(public_id=uuid.UUID(request.GET.get("film", "")))
    except ValueError:
        return None
    return blind_reads.next_film(doctor=request.user, films=films)


def _scan(request: SignedIn, scan_id: uuid.UUID) -> Scan:
    """The film, if it is this doctor's to read blind just now."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    if not blind_reads.is_open(doctor=request.user, scan=scan):
        raise Http404("There is no such film to read.")
    return scan
