"""Which records a user or token may see or change: the only place that decides.

Everything starts from these querysets. Another clinic's record is not found (404), never forbidden (403), so
that nobody learns that it exists. What is `shown` is more than the clinic's own: a doctor also opens what
other clinics refer to theirs. Nothing but opening and reading goes by that.
"""

import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet
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
    Inquiry,
    Notice,
    OperatingPoint,
    Patient,
    PatientOutcome,
    PendingSignature,
    Phrase,
    Prediction,
    ReadingAgreement,
    Referral,
    Report,
    Scan,
    Study,
    Upload,
    Webhook,
    WebhookDelivery,
)
from diagnosis.models.unoffered import unoffered
from diagnosis.services import referred


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


def signatures_for(reader: object) -> QuerySet[PendingSignature]:
    """The reader's own signatures that can be undone or came back: nobody else's, whatever their role."""
    if not isinstance(reader, User):
        return PendingSignature.objects.none()
    clinic = clinic_of(reader)
    if clinic is None:
        return PendingSignature.objects.none()
    referred_here = referred.under_way(clinic).filter(study=OuterRef("study"))
    return PendingSignature.objects.filter(Q(study__clinic=clinic) | Exists(referred_here), doctor=reader)


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


# ---------------------------------------------------------------------- what other clinics refer to this one


def _reading_clinic_of(reader: object) -> Clinic | None:
    """The clinic for which the reader reads what others refer to it: doctors do."""
    return clinic_of(reader) if isinstance(reader, User) and may_review(reader) else None


def shown_studies_for(reader: object) -> QuerySet[Study]:
    """What the reader may open: the clinic's, what is referred to it, and the earlier ones of such patients.

    For a query that names studies or a patient; a list begins with `studies_for` or `referred_studies_for`.
    """
    clinic = _reading_clinic_of(reader)
    return Study.objects.filter(Q(clinic=clinic) | referred.shown(clinic)) if clinic else studies_for(reader)


def referred_studies_for(reader: object, *, most: int) -> QuerySet[Study]:
    """The studies of other clinics that wait for the reader's, by primary key; at most so many."""
    clinic = _reading_clinic_of(reader)
    return Study.objects.filter(pk__in=referred.open_in(clinic, most=most) if clinic else [])


def reads_for_others(reader: object) -> Clinic | None:
    """The reader's clinic, if its doctors read for another today and the reader is one of them."""
    clinic = _reading_clinic_of(reader)
    return clinic if clinic is not None and referred.reads_for_others(clinic) else None


def shown_study_or_404(reader: object, public_id: uuid.UUID) -> Study:
    found = shown_studies_for(reader).select_related("patient", "clinic").filter(public_id=public_id).first()
    if found is None:
        raise Http404("No such study.")
    return found


def study_to_read_or_404(reader: object, public_id: uuid.UUID) -> Study:
    """A study that the reader may say something of: not an earlier one of another clinic."""
    study = shown_study_or_404(reader, public_id)
    clinic = clinic_of(reader)
    if clinic is None or (study.clinic_id != clinic.pk and not _may_read(reader, study)):
        raise Http404("No such study.")
    return study


def _may_read(reader: object, study: Study) -> bool:
    return isinstance(reader, User) and referred.may_read(reader, study)


def _is_shown(reader: object, study: Study) -> bool:
    clinic = clinic_of(reader)
    if clinic is None:
        return False
    return study.clinic_id == clinic.pk or shown_studies_for(reader).filter(pk=study.pk).exists()


def shown_scan_or_404(reader: object, public_id: uuid.UUID) -> Scan:
    scan = Scan.objects.select_related("study").filter(public_id=public_id).first()
    if scan is None or not _is_shown(reader, scan.study):
        raise Http404("No such film.")
    return scan


def shown_prediction_or_404(reader: object, public_id: uuid.UUID) -> Prediction:
    found = Prediction.objects.select_related("scan__study").filter(public_id=public_id).first()
    if found is None or not _is_shown(reader, found.scan.study):
        raise Http404("No such result.")
    return found


def shown_report_or_404(reader: object, public_id: uuid.UUID) -> Report:
    found = Report.objects.select_related("study__patient", "study__clinic", "clinic")
    report = found.filter(public_id=public_id).first()
    if report is None or not _is_shown(reader, report.study):
        raise Http404("No such report.")
    return report


def referrals_for(reader: object) -> QuerySet[Referral]:
    """The referrals of the clinic's own studies, and those by which it reads for others."""
    clinic = clinic_of(reader)
    if clinic is None or not isinstance(reader, User):
        return Referral.objects.none()
    own = Q(clinic=clinic)
    return Referral.objects.filter(own | referred.to_decide(clinic) if may_review(reader) else own)


def inquiries_for(reader: object) -> QuerySet[Inquiry]:
    """The questions about the clinic's own studies: its people answer them."""
    clinic = clinic_of(reader)
    return Inquiry.objects.filter(study__clinic=clinic) if clinic else Inquiry.objects.none()
