"""Which studies' answers a doctor is not told yet: their own word comes first.

In a clinic that wants first words blind, every study that waits to be read, refused films and urgent ones
too. A study for which this doctor is asked as second reader, until their word is given: there they are not
told the first reader's word either.
"""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.permissions import may_review
from diagnosis.models import FirstRead, Review, SecondReading, SecondState, Study, StudyState
from diagnosis.models.unoffered import unoffered
from diagnosis.services import referred

OPEN = (StudyState.WAITING, StudyState.TO_REVIEW, StudyState.PROBLEM)


def signed_by(doctor: User, study: OuterRef) -> QuerySet[Review]:
    """The doctor's signatures under a study of the query around: found by its few films."""
    reviews = Review.objects.alias(by=unoffered("doctor_id"))
    return reviews.filter(scan__study=study, by=doctor.pk)


def unheard(reader: object, studies: QuerySet[Study]) -> QuerySet[Study]:
    """Those of the studies about which this reader is to say something before they are told anything."""
    if not isinstance(reader, User) or not may_review(reader):
        return studies.none()
    given = FirstRead.objects.filter(study=OuterRef("pk"), doctor=reader)
    signed = signed_by(reader, OuterRef("pk"))
    asked = SecondReading.objects.filter(
        Q(asked_of=reader) | Q(asked_of=None), study=OuterRef("pk"), is_open=True, state=SecondState.WAITS
    ).exclude(first_doctor=reader)
    blind = Q(state__in=OPEN, clinic__reading_rules__blind_first=True) & _to_say(reader)
    # a clinic's second readers are its own doctors; its rule of first words binds whoever reads for it, too
    waits = blind | Q(Exists(asked), cancelled_at=None, clinic=reader.clinic_id)
    return studies.filter(waits, ~Exists(given), ~Exists(signed))


def _to_say(reader: User) -> Q:
    """The studies that are the reader's to say something of: their clinic's, and those referred to it."""
    own = Q(clinic=reader.clinic_id)
    if reader.clinic is None:
        return own
    return own | Q(Exists(referred.under_way(reader.clinic).filter(study=OuterRef("pk"))))


def all_unheard(reader: object, studies: QuerySet[Study]) -> set[int]:
    """The primary keys of `unheard` among all studies of a clinic.

    The open ones and those with a second reading are asked for apart: neither reads years of signed studies.
    """
    asked = SecondReading.objects.filter(is_open=True, state=SecondState.WAITS).values("study")
    found = (
        unheard(reader, part).order_by().values_list("pk", flat=True)
        for part in (studies.filter(state__in=OPEN), studies.filter(pk__in=asked))
    )
    return {key for keys in found for key in keys}


def is_unheard(reader: object, study: Study) -> bool:
    return unheard(reader, Study.objects.filter(pk=study.pk)).exists()
