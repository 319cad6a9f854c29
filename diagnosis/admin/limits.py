"""Django admin of the limits that count in each clinic: an operator accepts those from elsewhere here."""

import contextlib
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest
from django.shortcuts import redirect

from accounts.admin.step_up import AsksAgain
from accounts.admin_rights import ByRole
from accounts.models import User
from accounts.permissions import may_operate
from diagnosis.models import OperatingPoint, Origin
from diagnosis.services import limits, registry, standing
from diagnosis.services.limits import LimitsRefused
from diagnosis.views.contexts.wording import percent


class AcceptForm(forms.ModelForm):
    """Limits from elsewhere for the active network in one clinic; `version` is the one that was shown."""

    reason = forms.CharField(
        max_length=500,
        help_text="Why the limits that the active network came with may count in this clinic before its own "
        "films say what they are worth there. Doctors read it beside your name.",
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.active = registry.active_model()
        if self.active is None:
            return
        self.fields["version"].initial = str(self.active.public_id)
        with contextlib.suppress(LimitsRefused):
            lower, upper = limits.of_card(self.active)
            told = (
                f"{self.active}: normal below {percent(lower)} abnormal, pathological from {percent(upper)}."
            )
            self.fields["reason"].help_text = f"{told} {self.fields['reason'].help_text}"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        active, clinic = self.active, cleaned.get("clinic")
        if active is None:
            raise forms.ValidationError("No network is active.")
        if cleaned.get("version") != str(active.public_id):
            raise forms.ValidationError(f"{active} is the active network now. Open this page anew.")
        try:
            limits.of_card(active)
        except LimitsRefused as refused:
            raise forms.ValidationError(refused.message) from refused
        known = standing.in_force(clinic_id=clinic.pk, model_version=active) if clinic else None
        if known is not None and known.origin == Origin.HERE:
            raise forms.ValidationError(f"{clinic} has agreed on limits of its own for {active}.")
        return cleaned


class WithdrawForm(forms.ModelForm):
    """Why limits should not count any more; empty: they stay."""

    withdraw_because = forms.CharField(
        required=False,
        max_length=500,
        label="Withdraw, because",
        help_text="With a reason here, these limits are withdrawn, and no film is judged by them any more.",
    )


@admin.register(OperatingPoint)
class OperatingPointAdmin(AsksAgain, ByRole):
    """Limits; administrators see those of their clinic, and agree on the portal's page."""

    list_display = ("network", "clinic", "worth", "in_force_from", "in_force_until", "withdrawn_at")
    list_select_related = ("clinic", "model_version")
    list_filter = ("origin",)
    shown = (
        "model_version", "clinic", "worth", "normal_below", "pathological_from", "measured", "proposed_at",
        "administrator_name", "administrator_at", "doctor_name", "doctor_at", "operator_name", "reason",
        "in_force_from", "in_force_until", "withdrawn_at", "withdrawn_name", "withdrawn_reason",
    )  # fmt: skip

    def get_form(
        self, request: HttpRequest, obj: OperatingPoint | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        form = WithdrawForm if obj is not None else AcceptForm
        return super().get_form(request, obj, change=change, **{"form": form, **kwargs})

    def get_fields(self, request: HttpRequest, obj: OperatingPoint | None = None) -> Any:
        if obj is None:
            return ("clinic", "reason", "version")
        ends = self.has_change_permission(request, obj) and obj.withdrawn_at is None
        return (*self.shown, "withdraw_because") if ends else self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: OperatingPoint | None = None) -> Any:
        return self.shown if obj is not None else ()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except LimitsRefused as refused:  # somebody was faster than this form
            self.message_user(request, f"Nothing was changed. {refused.message}", messages.ERROR)
            return redirect("admin:diagnosis_operatingpoint_changelist")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)

    def has_change_permission(self, request: HttpRequest, obj: OperatingPoint | None = None) -> bool:
        return may_operate(request.user)

    @admin.display(description="network", ordering="model_version")
    def network(self, point: OperatingPoint) -> str:
        return str(point.model_version)

    @admin.display(description="limits")
    def worth(self, point: OperatingPoint) -> str:
        return "Proposed, waits for the second person." if point.open else standing.who_answers(point)

    def save_model(self, request: HttpRequest, obj: OperatingPoint, form: ModelForm, change: bool) -> None:
        assert isinstance(request.user, User)
        if not change:
            assert isinstance(form, AcceptForm)
            active = form.active
            assert active is not None  # the form asked
            made = limits.accept(
                clinic=obj.clinic, model_version=active, operator=request.user, reason=obj.reason
            )
            obj.pk, obj.public_id, obj.model_version = made.pk, made.public_id, active
        elif reason := form.cleaned_data.get("withdraw_because"):
            limits.withdraw(point=obj, person=request.user, reason=reason)
