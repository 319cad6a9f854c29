"""What is done with the studies selected in the worklist: assigned, cancelled, or written into a table."""

import uuid
from collections.abc import Iterator
from typing import Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.csv_file import as_download
from accounts.decorators import sent_from
from accounts.http import SignedIn
from accounts.models import User
from accounts.permissions import may_see_records, may_settle, may_submit
from diagnosis.access import studies_for
from diagnosis.forms import ReasonForm
from diagnosis.models import Study
from diagnosis.services import assigning, history, studies
from diagnosis.views.contexts.rows import Row, rows_of
from diagnosis.views.contexts.run import as_query, narrowing_of
from diagnosis.views.worklist import worklist_page

MOST: Final = 100
NOTHING: Final = "Select studies first. Nothing was done."
HEAD: Final = (
    "Number", "Last name", "First name", "Birth date", "Sex", "Taken", "Accession number", "Reason",
    "Symptoms", "Urgent", "State", "Films", "Films read", "Network", "Probability", "Doctor’s finding",
    "Signed by", "Received",
)  # fmt: skip


def the_list(request: SignedIn) -> str:
    """The worklist, narrowed as it was."""
    return reverse("worklist") + as_query(narrowing_of(request.GET))


@sent_from(the_list, may_settle)
def studies_assign(request: SignedIn) -> HttpResponse:
    """Assign the selected to a doctor of the clinic, or to nobody."""
    chosen = _selected(request)
    if not chosen:
        return _again(request, NOTHING)
    asked = request.POST.get("doctor", "")
    doctor = _doctor(request.user, asked)
    if asked and doctor is None:
        return _again(request, "Choose a doctor of your clinic. Nothing was assigned.")
    number = assigning.assign(studies=chosen, doctor=doctor, actor=request.user)
    whose = f"assigned to {doctor}" if doctor else "nobody’s now"
    messages.success(
        request, f"{number} of {len(chosen)} {'study is' if number == 1 else 'studies are'} {whose}."
    )
    return redirect(the_list(request))


@sent_from(the_list, may_submit)
def studies_cancel(request: SignedIn) -> HttpResponse:
    """Cancel the selected, with one reason for all of them; each is on record and can be reopened."""
    chosen, form = _selected(request), ReasonForm(request.POST)
    if not form.is_valid():
        told = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return _again(request, f"Nothing was cancelled. Why? {told}")
    if not chosen:
        return _again(request, NOTHING)
    reason = form.cleaned_data["reason"]
    done = sum(studies.cancel_study(study=study, actor=request.user, reason=reason) for study in chosen)
    before = f" {len(chosen) - done} were cancelled before." if done < len(chosen) else ""
    messages.success(request, f"{done} cancelled. They stay on record and can be reopened.{before}")
    return redirect(the_list(request))


@sent_from(the_list, may_see_records)
def studies_table(request: SignedIn) -> HttpResponseBase:
    """The selected as a table for a spreadsheet; for each it is on record that its data left the portal."""
    chosen = _selected(request)
    if not chosen:
        return _again(request, NOTHING)
    rows = rows_of(chosen, request.user)
    for study in chosen:
        history.study_tabled(study=study, reader=request.user)
    return as_download("studies.csv", _lines(rows))


def _selected(request: SignedIn) -> list[Study]:
    """The studies that were ticked, of those that the reader may see; others are as if they did not exist."""
    keys = []
    for value in request.POST.getlist("study")[:MOST]:
        try:
            keys.append(uuid.UUID(value))
        except ValueError:
            continue
    return list(studies_for(request.user).filter(public_id__in=keys).order_by("pk"))


def _again(request: SignedIn, why: str) -> HttpResponse:
    """The list as it was, with what was ticked and typed."""
    kept = {"why": why, "selected": request.POST.getlist("study"), "reason": request.POST.get("reason", "")}
    return worklist_page(request, refused=kept, status=422)


def _doctor(actor: User, asked: str) -> User | None:
    return next((one for one in assigning.doctors_of(actor) if str(one.public_id) == asked), None)


def _lines(rows: list[Row]) -> Iterator[tuple[object, ...]]:
    yield HEAD
    for row in rows:
        study, patient = row.study, row.study.patient
        review = max(
            (review for scan in study.scans.all() for review in scan.reviews.all()),
            key=lambda review: review.pk,
            default=None,
        )
        yield (
            patient.number, patient.last_name, patient.first_name, patient.birth_date or "",
            patient.get_sex_display(), _time(study.taken_at), study.accession_number, study.reason,
            study.symptoms, "yes" if study.urgent else "", study.get_state_display(), study.films_counted,
            study.films_read, *_network(row),
            study.get_doctor_finding_display() if row.told else "", review.signed_by if review else "",
            _time(study.created_at),
        )  # fmt: skip


def _network(row: Row) -> tuple[str, str]:
    """What the network says, in the row's own words: nothing where its numbers are not told."""
    study = row.study
    if not row.told or not study.network_triage:
        return "", ""
    if study.withheld:
        score = f"{study.score:.3f}" if study.score is not None else ""
        return f"{study.get_network_triage_display()} ({study.get_network_standing_display().lower()})", score
    words = f"{study.get_network_triage_display()}: {study.get_network_finding_display()}"
    return words, f"{study.network_probability:.3f}" if study.network_probability is not None else ""


def _time(moment: object) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"  # type: ignore[arg-type]  # a time of the row
