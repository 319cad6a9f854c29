"""Django admin of the record.

Patients, studies and scans are read-only here: they are changed on the portal's pages, where each change is
checked, recorded and carried into the worklist; a second way would have to do all that again. Predictions and
reviews never change. `access` decides who sees which rows.
"""

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.admin_filters import period_of
from accounts.admin_rights import ReadOnly
from accounts.models import User
from accounts.permissions import may_see_records
from accounts.sittings import sitting_of
from diagnosis import access
from diagnosis.models import Patient, Prediction, Review, Scan, Study
from diagnosis.services import history, standing
from diagnosis.views.contexts.wording import percent


class RecordAdmin(ReadOnly):
    """Rows about patients, for users who may see records; an operator without a clinic sees none."""

    names_patients = False  # whether the list shows patients' names or numbers; the others show ids

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(scan__in=access.scans_for(user))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_records(request.user) and super().has_view_permission(request, obj)

    def render_change_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Django shows the row to whatever method asks, POST alone excepted.
        if kwargs.get("obj") is not None:
            self.put_look_on_record(request, kwargs["obj"])
        return super().render_change_form(request, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().history_view(request, object_id, *args, **kwargs)
        shown = self.get_object(request, object_id) if response.status_code == HTTPStatus.OK else None
        if shown is not None:
            self.put_look_on_record(request, shown)
        return response

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().changelist_view(request, *args, **kwargs)
        listed = (getattr(response, "context_data", None) or {}).get("cl")
        if listed is not None and self.names_patients and isinstance(request.user, User):
            history.listed(
                place=f"administration: {self.opts.verbose_name_plural}",
                rows=listed.result_list,
                reader=request.user,
                sitting=sitting_of(request),
            )
        return response

    def put_look_on_record(self, request: HttpRequest, shown: Any) -> None:
        assert isinstance(request.user, User)
        sitting = sitting_of(request)
        if isinstance(shown, Patient):
            history.patient_viewed(patient=shown, reader=request.user, sitting=sitting)
        else:
            history.study_viewed(study=self.study_of(shown), reader=request.user, sitting=sitting)

    def study_of(self, shown: Any) -> Study:
        study: Study = shown.scan.study
        return study


@admin.register(Patient)
class PatientAdmin(RecordAdmin):
    names_patients = True
    list_display = ("number", "last_name", "first_name", "born", "sex")
    fields = (*list_display, "clinic", "public_id", "created_at")
    search_fields = ("number", "last_name", "first_name")

    @admin.display(ordering="birth_date")
    def born(self, patient: Patient) -> str:
        return patient.born or "–"

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__in=access.patients_for(user))


@admin.register(Study)
class StudyAdmin(RecordAdmin):
    names_patients = True
    list_display = (
        "public_id",
        "patient",
        "taken_at",
        "state",
        "network_told",
        "doctor_finding",
        "urgent",
    )
    list_select_related = ("patient",)
    list_filter = ("state", "urgent", period_of("taken_at"))
    search_fields = ("public_id", "accession_number", "patient__number", "patient__last_name")
    fields = (
        "public_id", "patient", "clinic", "accession_number", "taken_at", "reason", "symptoms",
        "symptoms_onset", "pcr_result", "urgent", "door", "created_at", "created_by", "state",
        "network_told", "network_triage", "network_standing", "doctor_finding",
    )  # fmt: skip

    @admin.display(description="network", ordering="network_finding")
    def network_told(self, study: Study) -> str:
        if study.withheld:
            return f"{study.get_network_triage_display()}, {study.get_network_standing_display().lower()}"
        share = percent(study.network_probability)
        return f"{study.get_network_finding_display()} {share}".strip() or "–"

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__in=access.studies_for(user))

    def study_of(self, shown: Study) -> Study:
        return shown


@admin.register(Scan)
class ScanAdmin(RecordAdmin):
    list_display = ("public_id", "study", "status", "reason_code", "attempts", "received_at", "is_phantom")
    list_select_related = ("study",)
    list_filter = ("status", "reason_code", period_of("received_at"))
    search_fields = ("public_id", "study__public_id", "sha256")
    fields = (
        "public_id", "study", "clinic", "original_name", "sha256", "size_bytes", "media_type", "width",
        "height", "projection", "is_phantom", "received_at", "status", "reason_code", "reason", "refused_by",
        "attempts", "enqueued_at", "claimed_at", "finished_at",
    )  # fmt: skip

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__in=access.scans_for(user))

    def study_of(self, shown: Scan) -> Study:
        return shown.study


@admin.register(Prediction)
class PredictionAdmin(RecordAdmin):
    list_display = (
        "public_id",
        "scan",
        "model_version",
        "finding_told",
        "triage_told",
        "worth",
        "created_at",
    )
    list_select_related = ("scan", "model_version", "limits")
    list_filter = ("told_triage", period_of("created_at"))
    search_fields = ("public_id", "scan__public_id", "scan__study__public_id")
    fields = (
        "public_id", "scan", "model_version", "finding_told", "triage_told", "worth", "limits",
        "networks_own", "p_covid19", "p_pneumonia", "p_normal",
        "raw_probabilities", "operating_point", "uncertainty", "bundle_checksum", "original_sha256",
        "input_sha256", "library_versions", "timings_ms", "created_at",
    )  # fmt: skip

    @admin.display(description="finding", ordering="told_finding")
    def finding_told(self, prediction: Prediction) -> str:
        told = prediction.shown_finding
        return str(told.label) if told else "–"

    @admin.display(description="triage", ordering="told_triage")
    def triage_told(self, prediction: Prediction) -> str:
        return str(prediction.shown_triage.label)

    @admin.display(description="limits")
    def worth(self, prediction: Prediction) -> str:
        return standing.in_words(prediction)

    @admin.display(description="by the limits on the network’s card")
    def networks_own(self, prediction: Prediction) -> str:
        own = f"{prediction.get_finding_display()}, {prediction.get_triage_display().lower()}"
        return f"{own}: kept for the record, told to nobody"


@admin.register(Review)
class ReviewAdmin(RecordAdmin):
    list_display = ("public_id", "scan", "doctor", "decision", "finding", "signed_at")
    list_select_related = ("scan", "doctor")
    list_filter = ("decision", "finding", period_of("signed_at"))
    search_fields = ("public_id", "scan__public_id", "scan__study__public_id", "doctor__email")
    fields = (
        "public_id", "scan", "prediction", "doctor", "signed_name", "signed_licence", "name_added_later",
        "decision", "finding", "reason", "note", "further", "zones", "annotations", "signed_at", "final_at",
        "signature",
    )  # fmt: skip
