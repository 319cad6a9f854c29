"""Where a reader of the audit trail can see what an event is about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.urls import reverse

from accounts.models import ApiToken, AuditEvent, Clinic, User
from accounts.permissions import may_see_records, may_settle
from diagnosis import access
from diagnosis.models import DicomSender, ModelVersion, OperatingPoint

Link = tuple[str, str]


def links_of(events: Iterable[AuditEvent], reader: object) -> dict[int, Link]:
    """For each event's number the address and the words of a link, if the reader may follow one."""
    events = list(events)
    ids: dict[str, set[str]] = defaultdict(set)
    for event in events:
        kind, _, public_id = event.subject.partition(":")
        ids[kind].add(public_id)
        ids["study"].add(event.study_id)
    known = {**_rows(ids), **(_records(ids, reader) if may_see_records(reader) else {})}
    found = {
        event.sequence: known.get(event.subject) or known.get(f"study:{event.study_id}") for event in events
    }
    return {number: link for number, link in found.items() if link}


def _rows(ids: Mapping[str, set[str]]) -> dict[str, Link]:
    """People, tokens, clinics and networks have their pages in Django admin."""
    found = {}
    for kind, model, page in (
        ("user", User, "accounts_user"),
        ("token", ApiToken, "accounts_apitoken"),
        ("clinic", Clinic, "accounts_clinic"),
        ("model", ModelVersion, "diagnosis_modelversion"),
        ("limits", OperatingPoint, "diagnosis_operatingpoint"),
        ("dicom_sender", DicomSender, "diagnosis_dicomsender"),
    ):
        for row in model._default_manager.filter(public_id__in=_public(ids[kind])):
            found[f"{kind}:{row.public_id}"] = (reverse(f"admin:{page}_change", args=[row.pk]), str(row))
    return found


def _records(ids: Mapping[str, set[str]], reader: object) -> dict[str, Link]:
    """Patients and studies have their pages in the portal; no name stands in the list."""
    found = {}
    for patient in access.patients_for(reader).filter(public_id__in=_public(ids["patient"])):
        address = reverse("patient_detail", args=[patient.public_id])
        found[f"patient:{patient.public_id}"] = (address, "patient")
    for study in access.studies_for(reader).filter(public_id__in=_public(ids["study"])):
        address = reverse("study_detail", args=[study.public_id])
        found[f"study:{study.public_id}"] = (address, f"study of {study.taken_at:%-d %b %Y}")
    if may_settle(reader):
        for held in access.held_films_for(reader).filter(public_id__in=_public(ids["held_film"])):
            found[f"held_film:{held.public_id}"] = (
                reverse("held_film", args=[held.public_id]),
                "film to settle",
            )
    return found


def _public(values: set[str]) -> list[str]:
    """The values that are public ids: a subject may be something else, such as a network's address."""
    return [value for value in values if len(value) == 36 and value.count("-") == 4]
