"""What a program may ask of the list of studies, and one page of the answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core import signing
from django.db.models import Prefetch, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from diagnosis import spelling
from diagnosis.api.serializers.fields import MomentField, SpeltField, WordField
from diagnosis.models import Scan, Study, StudyState
from diagnosis.services import patients, results

MOST: Final = 100
BEING_WRITTEN: Final = timedelta(minutes=1)  # a change is seen when its transaction ends, not at its time
_SALT: Final = "api-studies"


class ListQuery(serializers.Serializer):
    """The parameters of the address; all of them may be left out."""

    accession_number = SpeltField(min_length=1, max_length=64, required=False)
    patient_number = SpeltField(min_length=1, max_length=64, required=False)
    state = WordField(choices=StudyState.choices, required=False)
    changed_since = MomentField(
        required=False, help_text="ISO 8601 with its time zone. Studies changed at that time or later."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=50, required=False)
    cursor = serializers.CharField(max_length=300, required=False, help_text="From `next`; opaque.")

    def validate_cursor(self, cursor: str) -> "Cursor":
        try:
            at, key, resume_from = signing.loads(cursor, salt=_SALT)
            return Cursor(datetime.fromisoformat(at), int(key), datetime.fromisoformat(resume_from))
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise ValidationError("Send the cursor as it stands in “next”, or leave it out.") from error


@dataclass(frozen=True)
class Cursor:
    """The last study of a page, and where to resume after the walk that it belongs to."""

    at: datetime
    key: int
    resume_from: datetime


@dataclass(frozen=True)
class StudyPage:
    """Some studies, those that changed longest ago first, and the address parameters of the next page.

    `resume_from`: whatever changed after that may be missing in this walk and belongs to the next one.
    """

    studies: list[Study]
    next: str | None
    resume_from: datetime


def asked(parameters: QueryDict) -> dict[str, Any]:
    """The checked parameters. Raises ValidationError, also for unknown or repeated ones."""
    query = ListQuery(data=parameters.dict())
    known = ", ".join(query.fields)
    problems: dict[str, list[str]] = {}
    for name in parameters:
        if name not in query.fields:
            problems[name] = [f"There is no such filter. The filters are: {known}."]
        elif len(parameters.getlist(name)) > 1:
            problems[name] = ["Sent more than once."]
    if not query.is_valid():
        problems |= {name: list(texts) for name, texts in query.errors.items()}
    if problems:
        raise ValidationError(problems)
    return dict(query.validated_data)


def page_of(studies: QuerySet[Study], clinic: Any, query: dict[str, Any], sent: QueryDict) -> StudyPage:
    """The page of these studies that was asked for."""
    if number := query.get("patient_number"):
        found = [patients.kept(patient) for patient in patients.numbered(clinic, number)]
        studies = studies.filter(patient__in=found)
    if accession := query.get("accession_number"):
        studies = studies.filter(accession_key=spelling.key(accession))
    if state := query.get("state"):
        studies = studies.filter(state=state)
    if since := query.get("changed_since"):
        studies = studies.filter(changed_at__gte=since)
    cursor: Cursor | None = query.get("cursor")
    resume_from = cursor.resume_from if cursor else timezone.now() - BEING_WRITTEN
    if cursor:
        # the first condition follows from the second: databases find their place in the index by it
        after = Q(changed_at__gt=cursor.at) | Q(changed_at=cursor.at, pk__gt=cursor.key)
        studies = studies.filter(after, changed_at__gte=cursor.at)
    limit = query["limit"]
    films = Prefetch("scans", Scan.objects.prefetch_related(results.with_predictions()))
    studies = studies.select_related("patient").prefetch_related(films)
    rows = list(studies.order_by("changed_at", "pk")[: limit + 1])
    if len(rows) <= limit:
        return StudyPage(rows, None, resume_from)
    rows = rows[:limit]
    more = sent.copy()
    last = (rows[-1].changed_at.isoformat(), rows[-1].pk, resume_from.isoformat())
    more["cursor"] = signing.dumps(last, salt=_SALT)
    return StudyPage(rows, more.urlencode(), resume_from)
