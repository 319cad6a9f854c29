"""Django admin of first words, second readings and outcomes: to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from accounts.admin_filters import period_of
from accounts.models import User
from diagnosis import access
from diagnosis.admin.record import RecordAdmin
from diagnosis.models import FirstRead, PatientOutcome, SecondReading, Study


class ReadingAdmin(RecordAdmin):
    """Rows about a study, of the reader's own clinic."""

    list_select_related = ("study",)

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(study__in=access.studies_for(user))

    def study_of(self, shown: Any) -> Study:
        study: Study = shown.study
        return study


@admin.register(FirstRead)
class FirstReadAdmin(ReadingAdmin):
    list_display = ("public_id", "study", "doctor", "stage", "finding", "given_at")
    list_filter = ("stage", "finding", period_of("given_at"))
    search_fields = ("public_id", "study__public_id", "doctor__email")
    fields = (
        "public_id", "study", "doctor", "stage", "finding", "zones", "blind_to", "seen_before", "opened_at",
        "given_at",
    )  # fmt: skip


@admin.register(SecondReading)
class SecondReadingAdmin(ReadingAdmin):
    list_display = ("public_id", "study", "why", "state", "first_doctor", "asked_at")
    list_filter = ("state", "why", period_of("asked_at"))
    search_fields = ("public_id", "study__public_id")
    fields = (
        "public_id", "study", "why", "asked_by", "asked_of", "asked_at", "first_doctor", "first_finding",
        "second", "third_doctor", "third_finding", "state", "closed_at",
    )  # fmt: skip


@admin.register(PatientOutcome)
class PatientOutcomeAdmin(ReadingAdmin):
    list_display = ("public_id", "study", "kind", "on", "confirms", "entered_name", "entered_at")
    list_filter = ("kind", period_of("entered_at"))
    search_fields = ("public_id", "study__public_id")
    fields = (
        "public_id", "study", "kind", "on", "value", "confirms", "corrects", "mistaken", "entered_by",
        "entered_name", "entered_at",
    )  # fmt: skip
