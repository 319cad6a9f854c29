"""Django admin of the registered networks and their figures."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from accounts import admin_address
from accounts.admin.step_up import AsksAgain
from accounts.admin_rights import ByRole, answering
from accounts.models import User
from accounts.permissions import may_operate
from diagnosis.admin import comparing
from diagnosis.admin.figures import figures_table
from diagnosis.cnn.bundle import BundleError
from diagnosis.models import MeasuredPoint, ModelVersion
from diagnosis.services import candidates
from diagnosis.services.candidates import NotACandidate


class MeasuredPointInline(admin.TabularInline):
    model = MeasuredPoint
    extra = 0
    can_delete = False
    fields = ("name", "limit", "found", "left_alone", "measured_on")
    readonly_fields = fields

    @admin.display(description="limit")
    def limit(self, point: MeasuredPoint) -> str:
        return _rounded(point.threshold)

    @admin.display(description="sensitivity")
    def found(self, point: MeasuredPoint) -> str:
        return _rounded(point.sensitivity)

    @admin.display(description="specificity")
    def left_alone(self, point: MeasuredPoint) -> str:
        return _rounded(point.specificity)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True  # everybody who sees the model version sees its figures

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def _rounded(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


@admin.register(ModelVersion)
class ModelVersionAdmin(AsksAgain, ByRole):
    """The registered networks and their measured figures."""

    list_display = (
        "network", "purpose", "is_active", "is_candidate", "registered_at", "promoted_at", "promoted_by",
    )  # fmt: skip
    list_select_related = ("promoted_by",)
    fields = (
        "name", "version", "purpose", "is_active", "is_candidate", "candidate_trouble", "figures",
        "checksum", "bundle", "registered_at", "promoted_at", "promoted_by",
    )  # fmt: skip
    readonly_fields = (
        "is_active", "is_candidate", "candidate_trouble", "figures", "registered_at", "promoted_at",
        "promoted_by",
    )  # fmt: skip
    inlines: ClassVar[list[Any]] = [MeasuredPointInline]
    actions = ("make_candidate", "end_candidate", "make_active")
    change_form_template = "admin/diagnosis/modelversion/change_form.html"

    def of_clinic(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        return rows  # networks belong to the installation; every administrator may see them

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)

    @admin.display(description="network", ordering="name")
    def network(self, version: ModelVersion) -> str:
        return str(version)

    @admin.display(description="active", boolean=True)
    def is_active(self, version: ModelVersion) -> bool:
        return bool(version.active)

    @admin.display(description="candidate", boolean=True)
    def is_candidate(self, version: ModelVersion) -> bool:
        return bool(version.candidate)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.comparison_view)
        own = path("<path:object_id>/comparison/", page, name="diagnosis_modelversion_comparison")
        return [own, *super().get_urls()]

    @answering
    def comparison_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How a network does beside the active one, and the button that makes it active: for operators."""
        admin_address.check_form_page(request)
        return comparing.page(self, request, object_id)

    @admin.action(description="Make the selected model active …", permissions=["operate"])
    def make_active(self, request: HttpRequest, chosen: QuerySet[ModelVersion]) -> HttpResponse | None:
        version = self._only_one(request, chosen)
        return redirect("admin:diagnosis_modelversion_comparison", version.pk) if version else None

    @admin.action(description="Run the selected model silently as the candidate", permissions=["operate"])
    def make_candidate(self, request: HttpRequest, chosen: QuerySet[ModelVersion]) -> None:
        version = self._only_one(request, chosen)
        if version is None:
            return
        assert isinstance(request.user, User)
        try:
            candidates.name_candidate(model_version=version, actor=request.user)
        except (BundleError, NotACandidate) as error:
            self.message_user(request, f"Nothing was changed: {error}", messages.ERROR)
            return
        told = f"{version} runs silently beside the active network. Nobody is shown what it says of a film."
        self.message_user(request, told, messages.SUCCESS)

    @admin.action(description="End the selected candidate", permissions=["operate"])
    def end_candidate(self, request: HttpRequest, chosen: QuerySet[ModelVersion]) -> None:
        version = self._only_one(request, chosen)
        if version is None:
            return
        assert isinstance(request.user, User)
        if candidates.end_candidate(model_version=version, actor=request.user):
            told = f"{version} is no candidate any more. What it said stays on record."
            self.message_user(request, told, messages.SUCCESS)
        else:
            self.message_user(request, f"{version} is no candidate.", messages.WARNING)

    def _only_one(self, request: HttpRequest, chosen: QuerySet[ModelVersion]) -> ModelVersion | None:
        if chosen.count() == 1:
            return chosen.get()
        self.message_user(request, "Select exactly one model.", messages.ERROR)
        return None

    @admin.display(description="figures on the test films")
    def figures(self, version: ModelVersion) -> SafeString:
        return figures_table(version.card.get("metrics", {}).get("test", {}))
