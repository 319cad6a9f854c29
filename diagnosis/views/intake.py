"""Films sent from the browser: new studies, films added to a study, and repeated analyses."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn, wants_json
from accounts.permissions import may_submit
from accounts.sittings import sitting_of
from diagnosis.access import scans_for, study_or_404, uploads_for
from diagnosis.forms import NewStudyForm, StudyEditForm
from diagnosis.models import Door, Patient, Scan, ScanStatus, Study
from diagnosis.services import doubts, history, lifecycle, patients, resemblance, studies
from diagnosis.services.corrections import Outdated
from diagnosis.services.intake.bundle import is_for_bundle, receive_files
from diagnosis.services.intake.door import takes_films
from diagnosis.services.intake.films import FilmOutcome, receive_many
from diagnosis.services.intake.form import enter_study
from diagnosis.services.intake.outcome import HELD, Origin
from diagnosis.services.senders import character_set_of
from diagnosis.services.studies import patient_was_known
from diagnosis.services.uploads import Refused, on_their_way
from diagnosis.views.contexts import uploads
from diagnosis.views.form_pages import page_of_scan, page_of_study
from diagnosis.views.switched import is_opened_elsewhere
from diagnosis.views.uploads import arrived, refused


@takes_films
@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_submit)
@never_cache
def study_new(request: SignedIn) -> HttpResponse:
    """Show and process the form for patient, study and films; our script sends the films afterwards."""
    sent = request.method == "POST"
    form = NewStudyForm(_numbered(request.POST)) if sent else NewStudyForm(initial=_new(request))
    form.has_films = _has_films(request)
    if sent and (words := _opened_elsewhere(request)):
        form.add_error(None, ValidationError(words))
    alike = _looks_like(request, form) if sent and form.is_valid() else []
    study = _entered(request, form) if sent and form.is_valid() else None
    if study is None:
        return _form_again(request, form, alike)
    filed = _say_whose(request, study, form)
    if wants_json(request):
        return JsonResponse(_addresses(study) | filed, status=201)
    _take_films(request, study)
    return redirect("study_detail", study.public_id)


def _new(request: SignedIn) -> dict[str, object]:
    """What a new form holds that nobody types: its number, and the clinic for which it was opened."""
    clinic = request.user.clinic
    return {"entry": uuid.uuid4(), "opened_in": clinic.public_id if clinic else None}


def _opened_elsewhere(request: SignedIn) -> str:
    """Why a form opened for another clinic is not taken, for its sender has switched since; "" if it is."""
    if not is_opened_elsewhere(request):
        return ""
    clinic = request.user.clinic
    return (
        f"This form was opened for another clinic, and you work for {clinic} now. Nothing was entered. "
        "Switch back in the menu, in another tab, then send this form again; or open a new one for "
        f"{clinic}."
    )


def _has_films(request: SignedIn) -> bool | None:
    """Whether films come with the form, or after it by our script; None if nobody says."""
    chosen = request.POST.get("films_chosen", "")
    if wants_json(request):
        return chosen != "0" if chosen else None
    return bool(request.FILES.getlist("films"))


def _numbered(sent: QueryDict) -> QueryDict:
    """The form, given a number if its hidden field was lost, which no user could correct.

    Derived from the content, so that the same form sent twice still has the same number.
    """
    try:
        uuid.UUID(sent.get("entry", ""))
    except ValueError:
        sent = sent.copy()
        sent["entry"] = str(uuid.uuid5(uuid.NAMESPACE_OID, sent.get("entry", "")))
    return sent


def _entered(request: SignedIn, form: NewStudyForm) -> Study | None:
    try:
        study, is_new = enter_study(
            actor=request.user,
            entry=form.cleaned_data["entry"],
            patient=form.patient_facts(),
            study=form.study_facts(),
        )
    except patients.PatientMismatch as mismatch:
        history.mismatch_refused(patient=mismatch.patient, fields=mismatch.fields, actor=request.user)
        form.add_error("number", mismatch.message)
        return None
    if not is_new:
        messages.info(request, "This study was already entered; it was not created twice.")
    return study


def _say_whose(request: SignedIn, study: Study, form: NewStudyForm) -> dict[str, str]:
    """Show whose record a known number led to; as a warning if no name was typed to compare."""
    found = [doubt.text for doubt in doubts.about_study(study)]
    if not patient_was_known(study):
        found = [doubt.text for doubt in doubts.about_patient(study.patient)] + found
    for text in found:
        messages.warning(request, text)
    if not patient_was_known(study):
        return {"filed": " ".join(found), "level": "warning"} if found else {}
    # The sentence names the patient, also where the form was sent before and nothing is written.
    history.patient_viewed(patient=study.patient, reader=request.user, sitting=sitting_of(request))
    named = form.cleaned_data["first_name"] or form.cleaned_data["last_name"]
    text, level = uploads.filed_under(study), messages.INFO if named else messages.WARNING
    if not named:
        text += " No name was entered: check that this is the person on the film."
    messages.add_message(request, level, text)
    worst = messages.WARNING if found else level
    return {"filed": " ".join([text, *found]), "level": messages.DEFAULT_TAGS[worst]}


def _looks_like(request: SignedIn, form: NewStudyForm) -> list[Patient]:
    """The patients who may be the new one, unless somebody was shown them and said: another person."""
    if request.user.clinic_id is None:
        return []
    found = resemblance.like(clinic=request.user.clinic_id, facts=form.patient_facts())
    if not found or form.is_other_than(found):
        return []
    history.listed(place="look-alikes", rows=found, reader=request.user, sitting=sitting_of(request))
    form.ask_about(found, uploads.looks_like(found))
    return found


def _form_again(request: SignedIn, form: NewStudyForm, alike: list[Patient]) -> HttpResponse:
    status = 422 if form.errors else 200
    if wants_json(request) and form.errors:
        shown = {"other_than": form.data.get("other_than", "")} if alike else {}
        return JsonResponse({"errors": form.errors, "shown": shown}, status=status)
    lost = request.FILES.getlist("films") if form.errors else []
    coming = on_their_way(uploads_for(request.user))
    context = {"form": form, "lost": lost, "alike": alike, "on_their_way": coming}
    return render(request, "diagnosis/intake/new.html", context, status=status)


def _addresses(study: Study) -> dict[str, str]:
    return {
        "study": reverse("study_detail", args=[study.public_id]),
        "films": reverse("study_add_scans", args=[study.public_id]),
    }


@takes_films
@sent_from(page_of_study, may_submit)
def study_add_scans(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Add films to a study; each has its own outcome."""
    study = study_or_404(request.user, study_id)
    if wants_json(request):
        try:
            films, lines = _received(request, study)
        except Refused as why:
            return refused(request, why, _addresses(study)["study"])
        told = [*(uploads.as_json(film) for film in films), *(line.as_json() for line in lines)]
        return JsonResponse({"films": told})
    if not _take_films(request, study):
        messages.error(request, "No film was chosen. Choose at least one PNG, JPEG or DICOM file.")
    return redirect("study_detail", study.public_id)


def _received(request: SignedIn, study: Study) -> tuple[list[FilmOutcome], list[uploads.Line]]:
    """What became of the pictures sent for a study, and of the files that say themselves whose they are.

    Raises Refused where one that came by pieces is not here.
    """
    with arrived(request, "films") as films:
        telling = [(file, name) for file, name in films if is_for_bundle(file)]
        pictures = [film for film in films if film not in telling]
        origin = Origin(study.clinic, request.user, Door.BROWSER, character_set_of(study.clinic))
        lines = [uploads.line_of(film) for film in receive_files(origin=origin, files=telling, into=study)]
        return receive_many(study=study, films=pictures, actor=request.user), lines


def _take_films(request: SignedIn, study: Study) -> int:
    try:
        films, lines = _received(request, study)
    except Refused as why:
        messages.error(request, why.text)
        return 1
    for level, text in [*uploads.as_messages(films), *(line.as_message() for line in lines)]:
        messages.add_message(request, level, text)
    return len(films) + len(lines)


def _page_of_new(request: SignedIn) -> str:
    return reverse("study_new")


@takes_films
@sent_from(_page_of_new, may_submit)
def study_from_films(request: SignedIn) -> HttpResponse:
    """Take DICOM films, one by one, in a folder or in a ZIP: each finds its own patient and study."""
    if words := _opened_elsewhere(request):
        if wants_json(request):
            return JsonResponse({"text": words}, status=409)
        messages.error(request, words)
        return redirect("study_new")
    assert request.user.clinic is not None
    clinic = request.user.clinic
    origin = Origin(clinic, request.user, Door.BROWSER, character_set_of(clinic))
    try:
        with arrived(request, "dicom", "folder") as files:
            if not files:
                raise Refused(400, "No file was chosen. Choose at least one DICOM film or ZIP.")
            outcomes = receive_files(origin=origin, files=files)
    except Refused as why:
        return refused(request, why, _page_of_new(request))
    lines = [uploads.line_of(film) for film in outcomes]
    studies_of = list({line.study.pk: line.study for line in lines if line.study}.values())
    rows = [row for study in studies_of for row in (study.patient, study)]
    history.listed(place="films sent", rows=rows, reader=request.user, sitting=sitting_of(request))
    if wants_json(request):
        return JsonResponse({"films": [line.as_json() | _whose(line.study) for line in lines]})
    context = {
        "lines": lines,
        "summary": uploads.summed_up(lines),
        "studies": studies_of,
        "held": any(line.outcome == HELD for line in lines),
    }
    status = 200 if any(film.is_kept for film in outcomes) else 422
    return render(request, "diagnosis/intake/sent.html", context, status=status)


def _whose(study: Study | None) -> dict[str, str]:
    """For our script: a film's study as the page after sending draws it, to compare the name on the film."""
    return {"study": render_to_string("diagnosis/intake/_sent_study.html", {"study": study}) if study else ""}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_submit)
@never_cache
def study_edit(request: SignedIn, study_id: uuid.UUID) -> HttpResponse:
    """Correct what is known about a study."""
    study = study_or_404(request.user, study_id)
    form = StudyEditForm.of(study, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            studies.update_study(
                study=study, actor=request.user, shown=form.shown_facts(), **form.changed_facts()
            )
        except Outdated as outdated:
            form.reshown(outdated.newer, history.subject_of(study))
        else:
            messages.success(request, "The study is corrected.")
            return redirect("study_detail", study.public_id)
    history.study_viewed(study=study, reader=request.user, sitting=sitting_of(request))
    status = 422 if form.errors else 200
    return render(request, "diagnosis/intake/edit.html", {"study": study, "form": form}, status=status)


@sent_from(page_of_scan, may_submit)
def scan_retry(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """Analyse a film again: one that failed or was refused, or that a newer network has not read yet."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    if _again(request, scan):
        messages.success(request, "The film is back in the queue.")
    elif scan.status == ScanStatus.REFUSED:
        messages.warning(
            request,
            "The active network has refused this film already. A doctor can ask it again; or send another "
            "film of the patient.",
        )
    else:
        messages.warning(request, "There was nothing to do: this film’s result is up to date.")
    return redirect("study_detail", scan.study.public_id)


def _again(request: SignedIn, scan: Scan) -> bool:
    if scan.status in (ScanStatus.FAILED, ScanStatus.REFUSED):
        return lifecycle.retry(scan=scan, actor=request.user)
    return lifecycle.reanalyse(scan=scan, actor=request.user)
