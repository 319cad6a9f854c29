"""What a program may ask of the list of studies, and one page of the answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core import signing
from django.db.models import Prefetch, Q, QuerySet
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from diagnosis import spelling
from diagnosis.api.serializers.fields import MomentField, SpeltField, WordField
from diagnosis.models import Scan, Study, StudyState
from diagnosis.services import patients, results

MOST: Final = 100
_SALT: Final = "api-studies"


class ListQuery(serializers.Serializer):
    """The parameters of the address; all of them may be left out."""

    accession_number = SpeltField(max_length=64, required=False)
    patient_number = SpeltField(max_length=64, required=False)
    state = WordField(choices=StudyState.choices, required=False)
    changed_since = MomentField(
        required=False, help_text="ISO 8601 with its time zone. Studies changed at that time or later."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=50, required=False)
    cursor = serializers.CharField(max_length=300, required=False, help_text="From `next`; opaque.")

    def validate_cursor(self, cursor: str) -> tuple[datetime, int]:
        try:
            at, key = signing.loads(cursor, salt=_SALT)
            return datetime.fromisoformat(at), int(key)
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise ValidationError("Send the cursor as it stands in “next”, or leave it out.") from error


@dataclass(frozen=True)
class StudyPage:
    """Some studies, those that changed longest ago first, and the address parameters of the next page."""

    studies: list[Study]
    next: str | None


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
    if cursor := query.get("cursor"):
        at, key = cursor
        studies = studies.filter(Q(changed_at__gt=at) | Q(changed_at=at, pk__gt=key))
    limit = query["limit"]
    films = Prefetch("scans", Scan.objects.prefetch_related(results.with_predictions()))
    studies = studies.select_related("patient").prefetch_related(films)
    rows = list(studies.order_by("changed_at", "pk")[: limit + 1])
    if len(rows) <= limit:
        return StudyPage(rows, None)
    rows = rows[:limit]
    more = sent.copy()
    more["cursor"] = signing.dumps([rows[-1].changed_at.isoformat(), rows[-1].pk], salt=_SALT)
    return StudyPage(rows, more.urlencode())
