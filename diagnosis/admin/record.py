"""Django admin of the record.

Patients, studies and scans are read-only here: they are changed on the portal's pages, where each change is
checked, recorded and carried into the worklist; a second way would have to do all that again. Predictions and
reviews never change. `access` decides who sees which rows.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.admin_rights import ReadOnly
from accounts.models import User
from accounts.permissions import may_see_records
from diagnosis import access
from diagnosis.models import Patient, Prediction, Review, Scan, Study
from diagnosis.services import history


class RecordAdmin(ReadOnly):
    """Rows about patients, for users who may see records; an operator without a clinic sees none."""

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(scan__in=access.scans_for(user))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_records(request.user) and super().has_view_permission(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        shown = self.get_object(request, object_id)
        if shown is not None and request.method == "GET" and isinstance(request.user, User):
            self.put_view_on_record(shown, request.user)
        return super().change_view(request, object_id, form_url, extra_context)

    def put_view_on_record(self, shown: Any, reader: User) -> None:
        history.study_viewed(study=shown.scan.study, reader=reader)


@admin.register(Patient)
class PatientAdmin(RecordAdmin):
    list_display = ("number", "last_name", "first_name", "birth_date", "sex")
    fields = (*list_display, "clinic", "public_id", "created_at")
    search_fields = ("number", "last_name", "first_name")

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__in=access.patients_for(user))

    def put_view_on_record(self, shown: Patient, reader: User) -> None:
        history.patient_viewed(patient=shown, reader=reader)


@admin.register(Study)
class StudyAdmin(RecordAdmin):
    list_display = (
        "public_id",
        "patient",
        "taken_at",
        "state",
        "network_finding",
        "doctor_finding",
        "urgent",
    )
    list_select_related = ("patient",)
    list_filter = ("state", "urgent", "taken_at")
    search_fields = ("public_id", "accession_number", "patient__number", "patient__last_name")
    fields = (
        "public_id", "patient", "clinic", "accession_number", "taken_at", "reason", "symptoms",
        "symptoms_onset", "pcr_result", "urgent", "door", "created_at", "created_by", "state",
        "network_finding", "network_triage", "network_probability", "doctor_finding",
    )  # fmt: skip

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__in=access.studies_for(user))

    def put_view_on_record(self, shown: Study, reader: User) -> None:
        history.study_viewed(study=shown, reader=reader)


@admin.register(Scan)
class ScanAdmin(RecordAdmin):
    list_display = ("public_id", "study", "status", "reason_code", "attempts", "received_at", "is_phantom")
    list_select_related = ("study",)
    list_filter = ("status", "reason_code", "received_at")
    search_fields = ("public_id", "study__public_id", "sha256")
    fields = (
        "public_id", "study", "clinic", "original_name", "sha256", "size_bytes", "media_type", "width",
        "height", "projection", "is_phantom", "received_at", "status", "reason_code", "reason", "refused_by",
        "attempts", "enqueued_at", "claimed_at", "finished_at",
    )  # fmt: skip

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__in=access.scans_for(user))

    def put_view_on_record(self, shown: Scan, reader: User) -> None:
        history.study_viewed(study=shown.study, reader=reader)


@admin.register(Prediction)
class PredictionAdmin(RecordAdmin):
    list_display = ("public_id", "scan", "model_version", "finding", "triage", "created_at")
    list_select_related = ("scan", "model_version")
    list_filter = ("finding", "triage", "created_at")
    search_fields = ("public_id", "scan__public_id", "scan__study__public_id")
    fields = (
        "public_id", "scan", "model_version", "finding", "triage", "p_covid19", "p_pneumonia", "p_normal",
        "raw_probabilities", "operating_point", "uncertainty", "bundle_checksum", "original_sha256",
        "input_sha256", "library_versions", "timings_ms", "created_at",
    )  # fmt: skip


@admin.register(Review)
class ReviewAdmin(RecordAdmin):
    list_display = ("public_id", "scan", "doctor", "decision", "finding", "signed_at")
    list_select_related = ("scan", "doctor")
    list_filter = ("decision", "finding", "signed_at")
    search_fields = ("public_id", "scan__public_id", "scan__study__public_id", "doctor__email")
    fields = (
        "public_id", "scan", "prediction", "doctor", "signed_name", "signed_licence", "name_added_later",
        "decision", "finding", "reason", "note", "signed_at",
    )  # fmt: skip
