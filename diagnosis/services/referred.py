"""Which studies of other clinics a reading clinic is shown, and who may sign them there."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Clinic, Role, User
from accounts.models.membership import people_of
from accounts.permissions import may_review
from diagnosis.models import ReadingAgreement, Referral, ReferralState, Study
from diagnosis.models.reading_agreement import in_force

GONE = (ReferralState.DECLINED, ReferralState.PASSED_ON, ReferralState.WITHDRAWN)


def under_way(clinic: Clinic) -> QuerySet[Referral]:
    """The referrals by which the clinic's doctors may read, or correct what they read."""
    mine = Referral.objects.filter(Q(is_open=True) | Q(read_at__isnull=False), reading_clinic=clinic)
    return mine.filter(in_force("agreement__"))


def shown(clinic: Clinic) -> Q:
    """The studies of other clinics that this one is shown, for a query that has narrowed them already.

    A study referred to it and the earlier ones of its patient, while the agreement counts; after that, only
    what was read.
    """
    of_patient = under_way(clinic).filter(
        study__patient=OuterRef("patient"), study__taken_at__gte=OuterRef("taken_at")
    )
    itself = under_way(clinic).filter(study=OuterRef("pk"))
    read = Referral.objects.filter(reading_clinic=clinic, study=OuterRef("pk"), read_at__isnull=False)
    return Q(Exists(itself)) | Q(Exists(of_patient), cancelled_at=None) | Q(Exists(read))


def may_read(doctor: User, study: Study) -> bool:
    """Whether the doctor may sign this study: of their own clinic, or one that is referred to it."""
    if not may_review(doctor) or doctor.clinic is None:
        return False
    return study.clinic_id == doctor.clinic_id or under_way(doctor.clinic).filter(study=study).exists()


def reads_for_others(clinic: Clinic) -> bool:
    """Whether an agreement counts today by which the clinic's doctors read for another."""
    return ReadingAgreement.objects.filter(in_force(), reading_clinic=clinic).exists()


def to_decide(clinic: Clinic) -> Q:
    """The referrals that the clinic decides about or has decided about, and those that it read."""
    return Q(in_force("agreement__") | Q(read_at__isnull=False), reading_clinic=clinic)


def reading_doctors(study: Study) -> QuerySet[User]:
    """The doctors of the clinic that was asked to read the study, if one was."""
    asked = Referral.objects.filter(in_force("agreement__"), study=study, is_open=True).first()
    return people_of(asked.reading_clinic_id, Role.DOCTOR) if asked else User.objects.none()


def late(clinic_id: int) -> QuerySet[Referral]:
    """The clinic's open referrals that were not read within the time that their agreement names."""
    now, late = timezone.now(), Q(pk__in=[])
    for agreement in ReadingAgreement.objects.filter(in_force(), clinic=clinic_id):
        for urgent, minutes in ((True, agreement.urgent_minutes), (False, agreement.routine_minutes)):
            if minutes:
                asked = now - timedelta(minutes=minutes)
                late |= Q(agreement=agreement, study__urgent=urgent, asked_at__lte=asked)
    return Referral.objects.filter(late, is_open=True)


def read_by(study: Study) -> Clinic | None:
    """The clinic that read the study for its own last, if one did."""
    last = Referral.objects.filter(study=study, read_at__isnull=False).select_related("reading_clinic")
    found = last.first()
    return found.reading_clinic if found else None


def open_in(clinic: Clinic, *, most: int) -> list[int]:
    """The studies that wait for the clinic's doctors, the most urgent first; at most so many."""
    waiting = under_way(clinic).filter(is_open=True).order_by("study__rank", "id")
    return list(waiting.values_list("study_id", flat=True)[:most])
