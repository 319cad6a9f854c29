"""Django admin of clinics and of their tokens."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts import people
from accounts.admin.step_up import AsksAgain
from accounts.admin_rights import ByRole, ReadOnly
from accounts.corrections import ShownForm
from accounts.letters import reads_as
from accounts.models import ApiToken, Approval, Clinic, User
from accounts.permissions import may_operate
from accounts.typed_text import SpeltField


class ClinicForm(ShownForm):
    kind = "clinic"

    class Meta:
        field_classes: ClassVar[dict[str, Any]] = {"name": SpeltField}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Clinic.objects.exclude(pk=self.instance.pk).values_list("name", flat=True)
        if any(reads_as(other) == reads_as(name) for other in others):
            raise ValidationError(
                "A clinic of this name is here already, perhaps spelt slightly differently."
            )
        return name


@admin.register(Clinic)
class ClinicAdmin(AsksAgain, ByRole):
    """Clinics; only the operator adds and renames them."""

    form = ClinicForm
    list_display = ("name", "people", "created_at")
    fields = ("name", "time_zone", "second_factor_required", "public_id", "created_at")
    readonly_fields = ("public_id", "created_at")
    search_fields = ("name",)

    def of_clinic(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        return rows.filter(pk=user.clinic_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Clinic | None = None) -> bool:
        return may_operate(request.user)

    @admin.display(description="people who may sign in")
    def people(self, clinic: Clinic) -> int:
        return clinic.users.filter(approval=Approval.APPROVED, is_active=True).count()

    def save_model(self, request: HttpRequest, obj: Clinic, form: ModelForm, change: bool) -> None:
        assert isinstance(request.user, User)
        people.store_clinic(clinic=obj, by=request.user, fields=form.changed_data if change else None)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """The API tokens, read only; a clinic's administrator makes and revokes them on the page “API tokens”."""

    list_display = (
        "name", "prefix", "allowed_in_words", "clinic", "created_by", "created_at", "last_used_at",
        "expires_at", "revoked_at",
    )  # fmt: skip
    list_select_related = ("clinic", "created_by")
    fields = (*list_display, "revoked_by", "replaced_by")
    search_fields = ("name", "prefix")

    @admin.display(description="may", ordering="scopes")
    def allowed_in_words(self, token: ApiToken) -> str:
        return token.allowed_in_words
