"""What looks like a mistake but is not refused: a person is told and decides. Never across clinics."""

from dataclasses import dataclass

from django.db.models import Q

from diagnosis import births
from diagnosis.models import Patient, Prediction, Study


@dataclass(frozen=True)
class Doubt:
    """A code for programs, a sentence for people, and the record to compare with."""

    code: str
    text: str
    patient: Patient | None = None
    study: Study | None = None


def about_patient(patient: Patient) -> list[Doubt]:
    """The clinic's patients whose number an eye confuses with this one's, or who may be this person."""
    alike = Q(number_look=patient.number_look) if patient.number_look else Q(pk=None)
    if patient.last_name_key and patient.birth_date:
        alike |= Q(
            _born_then(patient.birth_date, estimated=patient.birth_estimated),
            last_name_key=patient.last_name_key,
            first_name_key=patient.first_name_key,
        )
    others = Patient.objects.filter(alike, clinic=patient.clinic_id, merged_into=None).exclude(pk=patient.pk)
    return [_about(patient, other) for other in others.order_by("id")[:5]]


def _born_then(birth: str, *, estimated: bool) -> Q:
    """Patients whose birth date may be this one, although one of the two is known in part or estimated."""
    year = int(birth[:4])
    near = Q(
        birth_date__gte=f"{year - births.GUESS_YEARS:04}",
        birth_date__lt=f"{year + births.GUESS_YEARS + 1:04}",
    )
    if estimated:
        return near
    same = Q(birth_date__in={birth[:4], birth[:7], birth}) | Q(birth_date__startswith=birth)
    return same | (near & Q(birth_estimated=True))


def _about(patient: Patient, other: Patient) -> Doubt:
    if patient.number_look and other.number_look == patient.number_look:
        text = "Another patient’s number looks almost the same. Check the number."
        return Doubt("number_looks_alike", text, patient=other)
    same = (patient.birth_date, patient.birth_estimated) == (other.birth_date, other.birth_estimated)
    born = "birth date" if same else "a birth date that may be the same"
    text = f"Another patient has the same name and {born}. Check that this is another person."
    return Doubt("same_person", text, patient=other)


def about_study(study: Study) -> list[Doubt]:
    """Studies of other patients with the same accession number, or with a film that is the same picture."""
    return [*_same_accession(study), *_same_picture(study)]


def _same_accession(study: Study) -> list[Doubt]:
    if not study.accession_key:
        return []
    others = Study.objects.filter(clinic=study.clinic_id, accession_key=study.accession_key)
    others = others.exclude(patient=study.patient_id).select_related("patient").order_by("id")
    text = "The same accession number is on record for another patient. Check whose it is."
    return [Doubt("accession_number_used", text, study=other) for other in others[:5]]


def _same_picture(study: Study) -> list[Doubt]:
    pictures = Prediction.objects.filter(scan__study=study).values_list("input_sha256", flat=True)
    same = (
        Prediction.objects.filter(input_sha256__in=list(pictures), scan__clinic=study.clinic_id)
        .exclude(scan__study__patient=study.patient_id)
        .select_related("scan__study__patient")
        .order_by("id")
    )
    text = "The same picture is on record for another patient. Check whose film it is."
    found = {prediction.scan.study_id: prediction.scan.study for prediction in same[:20]}
    return [Doubt("same_picture", text, study=other) for other in list(found.values())[:5]]
