"""Issues the documents of studies that were signed a moment ago, without anybody asking for them.

The rows say what is due: a study that is read, with a signature younger than its newest document. So a
message that was lost or came twice changes nothing, and a failure here never touches a signature.
"""

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Clinic
from diagnosis.models import Report, Review, SecondReading, Study, StudyState
from diagnosis.services.report.issuing import NotSigned, issue

logger = logging.getLogger(__name__)

BACK: Final = timedelta(days=1)  # older ones are issued where somebody asks for them
AT_ONCE: Final = 100


def issue_due() -> int:
    """Issue the document of each study that was signed, or whose second reading ended; how many were tried.

    None without PUBLIC_ADDRESS: a paper says where it is checked, and a worker knows no other address.
    """
    if not settings.PUBLIC_ADDRESS:
        return 0
    found = list(_due())
    for study in found:
        try:
            issue(study=study, actor=SYSTEM, address=_place_to_check)
        except NotSigned:  # since a moment ago
            continue
        except Exception:  # one study's trouble must not hold up the others; beat tries it again
            logger.exception("the report of study %s could not be issued", study.pk)
    return len(found)


def _place_to_check(code: str) -> str:
    return f"{settings.PUBLIC_ADDRESS}{reverse('verify_code', args=[code])}"


def _due() -> QuerySet[Study]:
    since = timezone.now() - BACK
    clinics = list(Clinic.objects.values_list("pk", flat=True))  # by name: each one's newest are at hand
    signed = Study.objects.filter(clinic__in=clinics, done_at__gte=since).order_by()
    settled = SecondReading.objects.filter(closed_at__gte=since)
    keys = {*signed.values_list("pk", flat=True), *settled.values_list("study", flat=True)}
    words = Review.objects.filter(scan__study=OuterRef("pk"), scan__set_aside_at=None)
    stood = Coalesce("final_at", "signed_at", output_field=DateTimeField())
    papers = Report.objects.filter(study=OuterRef("pk")).order_by("-id").values("asked_at")
    waits = SecondReading.objects.filter(study=OuterRef("pk"), is_open=True)
    return (
        Study.objects.filter(~Exists(waits), pk__in=keys, state=StudyState.REVIEWED)
        .annotate(last_word=Subquery(words.annotate(stood=stood).order_by("-id").values("stood")[:1]))
        .annotate(last_paper=Subquery(papers[:1]))
        .filter(Q(last_paper=None) | Q(last_word__gt=F("last_paper")))
        .order_by("-done_at", "-pk")[:AT_ONCE]
    )
