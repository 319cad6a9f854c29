"""Django admin of the record and of the registry.

Patients, studies and scans are to look at here: the portal's pages are the one way to change them, because
there each change is checked, put on record and carried into the worklist; a second way would have to do all
that again. Predictions and reviews never change anywhere. Whose rows they are is decided by `access`.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin_site import ByRole, ReadOnly
from accounts.models import User
from accounts.permissions import may_operate, may_see_records
from diagnosis import access
from diagnosis.cnn.bundle import BundleError
from diagnosis.models import ModelVersion, OperatingPoint, Patient, Prediction, Review, Scan, Study
from diagnosis.services import history


class RecordAdmin(ReadOnly):
    """Rows about patients: for whoever may see records of a clinic, an operator without one sees none."""

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
        "height", "projection", "is_phantom", "received_at", "status", "reason_code", "reason", "attempts",
        "enqueued_at", "claimed_at", "finished_at",
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
        "public_id", "scan", "prediction", "doctor", "decision", "finding", "reason", "note", "signed_at"
    )  # fmt: skip


class OperatingPointInline(admin.TabularInline):
    model = OperatingPoint
    extra = 0
    can_delete = False
    fields = ("name", "threshold", "sensitivity", "specificity", "measured_on")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True  # whoever sees the model version sees what it was measured to do

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ModelVersion)
class ModelVersionAdmin(ByRole):
    """The networks this installation knows, and what each was measured to do on which films."""

    list_display = ("__str__", "purpose", "is_active", "registered_at", "promoted_at", "promoted_by")
    list_select_related = ("promoted_by",)
    fields = (
        "name", "version", "purpose", "is_active", "figures", "checksum", "bundle", "registered_at",
        "promoted_at", "promoted_by",
    )  # fmt: skip
    readonly_fields = ("is_active", "figures", "registered_at", "promoted_at", "promoted_by")
    inlines: ClassVar[list[Any]] = [OperatingPointInline]
    actions = ("make_active",)

    def of_clinic(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        return (
            rows  # a network belongs to the installation; every administrator may know what reads the films
        )

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)

    @admin.display(description="active", boolean=True)
    def is_active(self, version: ModelVersion) -> bool:
        return bool(version.active)

    @admin.action(description="Make the selected model active", permissions=["operate"])
    def make_active(self, request: HttpRequest, chosen: QuerySet[ModelVersion]) -> None:
        from diagnosis.services import registry

        assert isinstance(request.user, User)
        if chosen.count() != 1:
            self.message_user(request, "Select exactly one model.", messages.ERROR)
            return
        try:
            version = registry.promote(model_version=chosen.get(), actor=request.user)
        except BundleError as error:
            self.message_user(request, f"Nothing was changed: {error}", messages.ERROR)
            return
        self.message_user(request, f"{version} reads the films from now on.", messages.SUCCESS)

    @admin.display(description="figures on the test films")
    def figures(self, version: ModelVersion) -> SafeString:
        report = version.card.get("metrics", {}).get("test", {})
        rows = list(_figure_rows(report))
        if not rows:
            return SafeString("The model’s card has no figures.")
        head = (
            "Films from",
            "Films",
            "Accuracy",
            "Macro AUROC",
            "Abnormal AUROC",
            *_finding_heads(report),
            "ECE",
        )
        lines = [_row("th", head), *(_row("td", row) for row in rows)]
        return format_html(
            '<p class="figures-note">With 95 % intervals. A high figure over all sources can come from '
            "telling the sources apart: read the lines of single sources first. Research use only, not "
            'a medical device.</p><table class="figures">{}</table>',
            format_html_join("", "{}", ((line,) for line in lines)),
        )


def _row(tag: str, cells: Any) -> SafeString:
    first, *rest = cells
    tag_open, tag_close = SafeString(f"<{tag}>"), SafeString(f"</{tag}>")
    body = format_html_join("", "{}{}{}", ((tag_open, cell, tag_close) for cell in rest))
    return format_html("<tr><th>{}</th>{}</tr>", first, body)


def _finding_heads(report: dict[str, Any]) -> list[str]:
    return [f"AUROC {finding}" for finding in report.get("findings", [])]


def _figure_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    parts = {"all together": report.get("pooled"), **report.get("sources", {})}
    for name, part in parts.items():
        if not isinstance(part, dict):
            continue
        auroc = part.get("auroc", {})
        figures = [part.get("accuracy"), part.get("macro_auroc"), part.get("auroc_abnormal")]
        figures += [auroc.get(finding) for finding in report.get("findings", [])]
        yield [name, part.get("n", ""), *(_interval(figure) for figure in figures), _number(part.get("ece"))]


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "–"


def _interval(figure: Any) -> SafeString | str:
    if not isinstance(figure, dict) or figure.get("value") is None:
        return "–"
    low, high = _number(figure.get("low")), _number(figure.get("high"))
    return format_html("{} <small>({}–{})</small>", _number(figure["value"]), low, high)
