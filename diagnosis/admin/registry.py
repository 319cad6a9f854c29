"""Django admin of the registered networks and their figures."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin_rights import ByRole
from accounts.models import User
from accounts.permissions import may_operate
from diagnosis.admin.figures import figures_table
from diagnosis.cnn.bundle import BundleError
from diagnosis.models import MeasuredPoint, ModelVersion


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
class ModelVersionAdmin(ByRole):
    """The registered networks and their measured figures."""

    list_display = ("network", "purpose", "is_active", "registered_at", "promoted_at", "promoted_by")
    list_select_related = ("promoted_by",)
    fields = (
        "name", "version", "purpose", "is_active", "figures", "checksum", "bundle", "registered_at",
        "promoted_at", "promoted_by",
    )  # fmt: skip
    readonly_fields = ("is_active", "figures", "registered_at", "promoted_at", "promoted_by")
    inlines: ClassVar[list[Any]] = [MeasuredPointInline]
    actions = ("make_active",)

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
        return figures_table(version.card.get("metrics", {}).get("test", {}))
