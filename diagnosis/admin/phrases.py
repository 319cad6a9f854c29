"""Django admin of the phrases that a clinic's doctors put into their notes."""

from django.contrib import admin
from django.forms import ModelForm, Textarea
from django.http import HttpRequest

from accounts.admin_rights import ByRole
from accounts.models import User
from accounts.permissions import may_manage_clinic
from diagnosis.models import Phrase
from diagnosis.services import phrases


@admin.register(Phrase)
class PhraseAdmin(ByRole):
    """The clinic's own phrases: its administrator enters and changes them, or takes them out of use."""

    list_display = ("title", "text", "active")
    search_fields = ("title", "text")
    fields = ("title", "text", "active")

    def formfield_for_dbfield(self, db_field, request, **kwargs):  # type: ignore[no-untyped-def]  # Django's own
        if db_field.name == "text":
            kwargs["widget"] = Textarea(attrs={"rows": 4})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_manage_clinic(request.user) and getattr(request.user, "clinic", None) is not None

    def has_change_permission(self, request: HttpRequest, obj: Phrase | None = None) -> bool:
        own = obj is None or obj.clinic_id == getattr(request.user, "clinic_id", None)
        return may_manage_clinic(request.user) and own

    def save_model(self, request: HttpRequest, obj: Phrase, form: ModelForm, change: bool) -> None:
        assert isinstance(request.user, User)
        if not change:
            assert request.user.clinic is not None
            obj.clinic = request.user.clinic
        if form.changed_data or not change:
            phrases.store_phrase(phrase=obj, by=request.user, fields=form.changed_data if change else None)
