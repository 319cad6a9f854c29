"""The page that asks a doctor's own word about a study before it tells anybody else's."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.permissions import may_review
from accounts.sittings import sitting_of
from diagnosis.access import study_to_read_or_404
from diagnosis.forms import FirstWordForm
from diagnosis.models import Scan, Study
from diagnosis.services import check_words, first_reads, history
from diagnosis.views.contexts.run import as_query, narrowing_of
from diagnosis.views.form_pages import page_of_study


def first_word_page(
    request: SignedIn, study: Study, form: FirstWordForm | None = None, *, status: int = 200
) -> HttpResponse:
    """The films alone and the form of the first word; who was shown them is on record."""
    films = list(Scan.objects.filter(study=study, set_aside_at=None).order_by("received_at", "id"))
    for scan in films:
        history.shown_blind(scan=scan, reader=request.user, sitting=sitting_of(request))
    opened = first_reads.opened(study=study, doctor=request.user)
    context = {
        "study": study,
        "films": [
            (scan, [check_words.correction(code) for code in scan.shown_corrections]) for scan in films
        ],
        "form": form or FirstWordForm(initial={"opened": opened}),
        "run": as_query(narrowing_of(request.GET)),
    }
    return render(request, "diagnosis/blind/first_word.html", context, status=status)


@sent_from(page_of_study, may_review)
def study_first_word(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Keep the doctor's first word and show the study; a refused form comes back as it was filled in."""
    study = study_to_read_or_404(request.user, study_id)
    form = FirstWordForm(request.POST)
    if not form.is_valid():
        return first_word_page(request, study, form, status=422)
    try:
        read = first_reads.give(
            study=study,
            doctor=request.user,
            finding=form.word(),
            zones=form.zones(),
            opened=form.cleaned_data["opened"],
        )
    except first_reads.WordRefused as why:
        messages.warning(request, why.message)
    else:
        messages.success(request, f"Your first word is kept: {read.said}. Now sign the study.")
    return redirect(f"{reverse('study_detail', args=[study.public_id])}{as_query(narrowing_of(request.GET))}")
