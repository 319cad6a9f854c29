"""Which records of their own clinic, or of their own, a user or token may see or change."""

import uuid

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.models import ApiToken, Clinic, User
from accounts.permissions import (
    may_manage_clinic,
    may_operate,
    may_review,
    may_see_records,
    may_submit,
)
from diagnosis.models import (
    Archive,
    Batch,
    BatchFilm,
    Delivery,
    DriftAlert,
    Export,
    HeldFilm,
    Notice,
    OperatingPoint,
    Patient,
    PatientOutcome,
    PendingSignature,
    Phrase,
    Prediction,
    ReadingAgreement,
    Report,
    Scan,
    Study,
    Upload,
    Webhook,
    WebhookDelivery,
)
from diagnosis.models.unoffered import unoffered


def clinic_of(reader: object) -> Clinic | None:
    """The clinic whose records the reader may see, or None."""
    if isinstance(reader, ApiToken):
        return reader.clinic if reader.is_usable else None
    if isinstance(reader, User) and may_see_records(reader):
        return reader.clinic
    return None


def patients_for(reader: object) -> QuerySet[Patient]:
    return Patient.objects.filter(clinic=clinic_of(reader)) if clinic_of(reader) else Patient.objects.none()


def studies_for(reader: object) -> QuerySet[Study]:
    return Study.objects.filter(clinic=clinic_of(reader)) if clinic_of(reader) else Study.objects.none()


def named_studies_for(reader: object) -> QuerySet[Study]:
    """The same studies, for a query that names primary keys."""
    clinic = clinic_of(reader)
    if clinic is None:
        return Study.objects.none()
    return Study.objects.alias(compared_clinic=unoffered("clinic_id")).filter(compared_clinic=clinic.pk)


def scans_for(reader: object) -> QuerySet[Scan]:
    return Scan.objects.filter(clinic=clinic_of(reader)) if clinic_of(reader) else Scan.objects.none()


def held_films_for(reader: object) -> QuerySet[HeldFilm]:
    return HeldFilm.objects.filter(clinic=clinic_of(reader)) if clinic_of(reader) else HeldFilm.objects.none()


def predictions_for(reader: object) -> QuerySet[Prediction]:
    clinic = clinic_of(reader)
    return Prediction.objects.filter(scan__clinic=clinic) if clinic else Prediction.objects.none()


def limits_for(reader: object) -> QuerySet[OperatingPoint]:
    """The limits of networks in the reader's clinic."""
    clinic = clinic_of(reader)
    return OperatingPoint.objects.filter(clinic=clinic) if clinic else OperatingPoint.objects.none()


def archives_for(reader: object) -> QuerySet[Archive]:
    """The archives that the reader's clinic sends to."""
    clinic = clinic_of(reader)
    return Archive.objects.filter(clinic=clinic, active=True) if clinic else Archive.objects.none()


def deliveries_for(reader: object) -> QuerySet[Delivery]:
    return Delivery.objects.filter(clinic=clinic_of(reader)) if clinic_of(reader) else Delivery.objects.none()


def exports_for(reader: object) -> QuerySet[Export]:
    """The exports without names that the reader asked for: nobody else's, not even of the same clinic."""
    if not isinstance(reader, User):
        return Export.objects.none()
    return Export.objects.filter(asked_by=reader, study__in=studies_for(reader))


def batches_for(reader: object) -> QuerySet[Batch]:
    """The reader's own draft of many films in their clinic: nobody else's, whatever their role."""
    clinic = clinic_of(reader)
    if clinic is None or not isinstance(reader, User) or not may_submit(reader):
        return Batch.objects.none()
    return Batch.objects.filter(owner=reader, clinic=clinic)


def batch_films_for(reader: object) -> QuerySet[BatchFilm]:
    """The films of that draft."""
    return BatchFilm.objects.filter(batch__in=batches_for(reader)).select_related("batch__clinic")


def notices_for(reader: object) -> QuerySet[Notice]:
    """What the reader is told in the portal: nobody else's, whatever their role."""
    if not isinstance(reader, User) or not may_see_records(reader):
        return Notice.objects.none()
    return Notice.objects.filter(person=reader, in_portal=True)


def uploads_for(reader: object) -> QuerySet[Upload]:
    """The files that the reader is sending: nobody else's, not even of the same clinic."""
    if not isinstance(reader, User):
        return Upload.objects.none()
    clinic = clinic_of(reader)
    return Upload.objects.filter(user=reader, clinic=clinic) if clinic else Upload.objects.none()


def ended_signatures_for(reader: object) -> QuerySet[PendingSignature]:
    """The reader's own that came back, wherever: they can be put away although the study is not shown now."""
    if not isinstance(reader, User) or not may_review(reader):
        return PendingSignature.objects.none()
    return PendingSignature.objects.filter(doctor=reader, open=None)


def phrases_for(reader: object) -> QuerySet[Phrase]:
    """The phrases of the reader's clinic that are in use."""
    clinic = clinic_of(reader)
    return Phrase.objects.filter(clinic=clinic, active=True) if clinic else Phrase.objects.none()


def outcomes_for(reader: object) -> QuerySet[PatientOutcome]:
    """What became of the clinic's patients later."""
    return PatientOutcome.objects.filter(study__in=studies_for(reader))


def reports_for(reader: object) -> QuerySet[Report]:
    """The documents of the studies that the reader may see."""
    return Report.objects.filter(study__in=studies_for(reader))


def agreements_for(reader: object) -> QuerySet[ReadingAgreement]:
    """The agreements of the administrator's clinic, as the one that sends or the one that reads."""
    if not isinstance(reader, User) or not may_manage_clinic(reader):
        return ReadingAgreement.objects.none()
    own = Q(clinic=reader.clinic_id) | Q(reading_clinic=reader.clinic_id)
    return ReadingAgreement.objects.filter(own)


def watched_clinics_for(reader: object) -> QuerySet[Clinic]:
    """The clinics whose films over time the reader sees: an operator all, an administrator one's own.

    No patient's data is among it.
    """
    if may_operate(reader):
        return Clinic.objects.all()
    if isinstance(reader, User) and reader.clinic is not None and may_manage_clinic(reader):
        return Clinic.objects.filter(pk=reader.clinic.pk)
    return Clinic.objects.none()


def drift_alerts_for(reader: object) -> QuerySet[DriftAlert]:
    """The alerts about the films of these clinics, closed ones too."""
    return DriftAlert.objects.filter(window__clinic__in=watched_clinics_for(reader))


def webhooks_for(reader: object) -> QuerySet[Webhook]:
    """The webhooks that the reader manages."""
    if not isinstance(reader, User) or not may_manage_clinic(reader):
        return Webhook.objects.none()
    return Webhook.objects.filter(clinic=reader.clinic)


def webhook_deliveries_for(reader: object) -> QuerySet[WebhookDelivery]:
    """What these webhooks were told."""
    return WebhookDelivery.objects.filter(webhook__in=webhooks_for(reader))


def study_or_404(reader: object, public_id: uuid.UUID) -> Study:
    study = studies_for(reader).select_related("patient", "clinic").filter(public_id=public_id).first()
    if study is None:
        raise Http404("No such study.")
    return study
