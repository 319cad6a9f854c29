"""Which studies that other clinics refer to theirs a doctor may open and read."""

import uuid
from itertools import islice

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from accounts.models import Clinic, User
from accounts.models.membership import capacities
from accounts.permissions import may_review
from diagnosis.access.own import clinic_of, studies_for
from diagnosis.models import Inquiry, PendingSignature, Prediction, Referral, Report, Scan, Study
from diagnosis.services import referred

NO_LONGER = (
    "This study was referred to your clinic and is not any more: it was declined, passed on or taken back, "
    "or the agreement with the other clinic is over."
)


class NotShown(Http404):
    """Not found by somebody who knew of it; `told`: why. `typed`: what they wrote, to be given back."""

    def __init__(self, told: str, typed: str = "") -> None:
        self.told, self.typed = told, typed
        super().__init__(told)


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
        raise _not_shown(reader, public_id)
    return found


def _not_shown(reader: object, public_id: uuid.UUID) -> Http404:
    """Why there is no such study; a stranger to it is told nothing."""
    for clinic in shown_where(reader, Study.objects.filter(public_id=public_id)).values():
        return NotShown(
            f"This study is shown to you in {clinic}, where you work, too. Switch there in the menu, then "
            "open it again."
        )
    asked = Referral.objects.filter(reading_clinic=_reading_clinic_of(reader), study__public_id=public_id)
    if _reading_clinic_of(reader) and asked.exists():
        return NotShown(NO_LONGER)
    return Http404("No such study.")


def shown_where(reader: object, studies: QuerySet[Study]) -> dict[int, Clinic]:
    """Of a few studies: in which other clinic of the reader's each is shown, once they switch there."""
    found: dict[int, Clinic] = {}
    others = islice(capacities(reader), 1, None) if isinstance(reader, User) and reader.is_approved else ()
    for there in others:
        shown = shown_studies_for(there).filter(pk__in=studies.values("pk"))
        found |= {key: there.clinic for key in shown.values_list("pk", flat=True) if there.clinic}
    return found


def study_to_read_or_404(reader: object, public_id: uuid.UUID, *, typed: str = "") -> Study:
    """A study that the reader may say something of: not an earlier one of another clinic.

    `typed`: what they say of it, which they are given back where it is not shown to them any more.
    """
    try:
        study = shown_study_or_404(reader, public_id)
    except NotShown as gone:
        raise NotShown(gone.told, typed) from gone
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


def referral_to_decide_or_404(reader: object, public_id: uuid.UUID, *, typed: str = "") -> Referral:
    """A referral by which the reader's clinic reads: what it asked of others is theirs to decide.

    `typed`: what the reader answers, which they are given back where the referral is over.
    """
    clinic = _reading_clinic_of(reader)
    named = Referral.objects.filter(public_id=public_id, reading_clinic=clinic) if clinic else None
    if named is None or not named.exists():
        raise Http404("No such referral.")
    found = referrals_for(reader).filter(pk__in=named).select_related("study", "clinic").first()
    if found is None:
        raise NotShown(NO_LONGER, typed)
    return found


def inquiries_for(reader: object) -> QuerySet[Inquiry]:
    """The questions about the clinic's own studies: its people answer them."""
    clinic = clinic_of(reader)
    return Inquiry.objects.filter(study__clinic=clinic) if clinic else Inquiry.objects.none()


def signatures_for(reader: object) -> QuerySet[PendingSignature]:
    """The reader's own signatures that can be undone or came back: nobody else's, whatever their role."""
    if not isinstance(reader, User):
        return PendingSignature.objects.none()
    clinic = clinic_of(reader)
    if clinic is None:
        return PendingSignature.objects.none()
    referred_here = referred.under_way(clinic).filter(study=OuterRef("study"))
    return PendingSignature.objects.filter(Q(study__clinic=clinic) | Exists(referred_here), doctor=reader)
