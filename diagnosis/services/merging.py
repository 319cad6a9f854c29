"""Makes two records of one person one, and parts them again; both keep their history.

The studies move to the record that is kept. The other record stays, with its number, which leads to the kept
one from then on.
"""

from django.db import transaction
from django.utils import timezone

from accounts.audit import Stored
from accounts.models import Clinic, User
from accounts.permissions import may_manage_clinic
from diagnosis import spelling
from diagnosis.models import Patient, PatientMerge, Study
from diagnosis.services import history
from diagnosis.services.history import Entry


class MergeRefused(Exception):
    """The records stay as they are; `message` says why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def merge_patients(*, patient: Patient, into: Patient, actor: User, reason: str) -> PatientMerge:
    """Put the patient's studies under `into`; audit `patient.merged` on both, `study.refiled` on each study.

    The reason stays on the row of the merge, since it may name somebody. Raises MergeRefused.
    """
    _check_administrator(actor, patient, into)
    reason = spelling.tidy(reason)
    if not reason:
        raise MergeRefused("Say why the two are one person.")
    with transaction.atomic():
        patient, into = _locked(patient, into)
        if patient.pk == into.pk:
            raise MergeRefused("This is the same record.")
        if patient.merged_into_id or into.merged_into_id:
            raise MergeRefused("One of the two was already merged into another record. Open that one.")
        studies = list(Study.objects.filter(patient=patient).order_by("id"))
        entries = _refile(studies, patient, into)
        patient.merged_into = into
        patient.save(update_fields=["merged_into"])
        ids = [str(study.public_id) for study in studies]
        merge = PatientMerge.objects.create(
            patient=patient, into=into, reason=reason, studies=ids, merged_by=actor
        )
        entries += [
            Entry(
                patient,
                "patient.merged",
                {"into": history.subject_of(into)},
                rows=[_leads(patient), Stored(merge)],
            ),
            Entry(into, "patient.merged", {"from": history.subject_of(patient)}),
        ]
        history.write_all(entries, actor=actor)
    return merge


def undo_merge(*, patient: Patient, actor: User) -> Patient:
    """Part a merged patient from the kept record and return it; audit `patient.unmerged` and `study.refiled`.

    The studies that came along go back, except those whose films have a new home since; and so do studies
    that came in meanwhile, where their films name the patient's own number. Raises MergeRefused.
    """
    _check_administrator(actor, patient)
    merge = PatientMerge.objects.filter(patient=patient, undone_at=None).select_related("into").first()
    if merge is None:
        raise MergeRefused("This record is not merged.")
    with transaction.atomic():
        patient, into = _locked(patient, merge.into)
        if patient.merged_into_id != into.pk:
            raise MergeRefused("This record is not merged.")
        if into.merged_into_id:
            raise MergeRefused("The other record was merged since: part that one first.")
        studies = list(Study.objects.filter(public_id__in=merge.studies, patient=into).order_by("id"))
        studies += _came_meanwhile(patient, merge)
        entries = _refile(studies, into, patient)
        patient.merged_into = None
        patient.save(update_fields=["merged_into"])
        merge.undone_at = timezone.now()
        merge.save(update_fields=["undone_at"])
        entries += [
            Entry(
                patient,
                "patient.unmerged",
                {"from": history.subject_of(into)},
                rows=[_leads(patient), Stored(merge, ["undone_at"])],
            ),
            Entry(into, "patient.unmerged", {"of": history.subject_of(patient)}),
        ]
        history.write_all(entries, actor=actor)
    return patient


def _came_meanwhile(patient: Patient, merge: PatientMerge) -> list[Study]:
    """The studies that the patient's own number led to the kept record, since the merge, by themselves."""
    since = Study.objects.filter(patient=merge.into, created_at__gte=merge.merged_at).order_by("id")
    return [study for study in since.prefetch_related("scans__held_before") if _names(study, patient)]


def _names(study: Study, patient: Patient) -> bool:
    """Whether every film of a study came for this patient's number, and no person put one there."""
    films = study.scans.all()
    return bool(films) and all(
        film.header.get("study_instance_uid") == study.instance_uid
        and spelling.key(film.header.get("patient_number", "")) == spelling.key(patient.number)
        and not hasattr(film, "held_before")
        for film in films
    )


def _check_administrator(actor: User, *patients: Patient) -> None:
    own = all(patient.clinic_id == actor.clinic_id for patient in patients)
    if not (may_manage_clinic(actor) and own):
        raise MergeRefused("Only the clinic's own administrator may merge its patients.")


def _locked(*patients: Patient) -> list[Patient]:
    """The rows, locked in one order whoever asks, as they are now; the clinic's before them.

    So no film that comes in meanwhile is filed under a record that is just being merged: see `intake.dicom`.
    """
    Clinic.objects.select_for_update().get(pk=patients[0].clinic_id)
    keys = {patient.pk for patient in patients}
    rows = Patient.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    found = {row.pk: row for row in rows}
    return [found[patient.pk] for patient in patients]


def _refile(studies: list[Study], old: Patient, new: Patient) -> list[Entry]:
    keys = [study.pk for study in studies]
    Study.objects.filter(pk__in=keys).update(patient=new, changed_at=timezone.now())
    facts = {"from": history.subject_of(old), "to": history.subject_of(new)}
    for study in studies:
        study.patient = new
    return [Entry(study, "study.refiled", facts, rows=[Stored(study, ["patient"])]) for study in studies]


def _leads(patient: Patient) -> Stored:
    return Stored(patient, ["merged_into"])
