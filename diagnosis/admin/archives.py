"""Django admin of the archives that studies are sent to; nobody reads their credentials back."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.admin.step_up import AsksAgain
from accounts.admin_rights import ByRole
from accounts.corrections import ShownForm
from accounts.models import User
from accounts.permissions import may_operate
from diagnosis.models import Archive, ArchiveProtocol
from diagnosis.services import archives, delivery
from diagnosis.services.delivery.stow import is_safe


class ArchiveForm(ShownForm):
    """What an operator types; the stored credentials are never put into the page."""

    kind = "archive"
    url = forms.URLField(
        required=False,
        assume_scheme="https",
        help_text="STOW-RS: the address that ends before /studies",
    )
    new_credentials = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="STOW-RS: the value of the Authorization header, such as “Bearer …”. Empty: as it was.",
    )
    no_credentials = forms.BooleanField(required=False, help_text="Send no Authorization header any more.")

    def clean_new_credentials(self) -> str:
        typed = str(self.cleaned_data.get("new_credentials") or "").strip()
        if not typed.isprintable() or not typed.isascii():
            raise forms.ValidationError("A header holds plain ASCII on one line.")
        return typed

    def clean_url(self) -> str:
        url = str(self.cleaned_data.get("url") or "").rstrip("/")
        if url and not is_safe(url):
            raise forms.ValidationError(
                "The address must begin with https:// and hold no name, password or query. Only this machine "
                "itself may be reached by http."
            )
        return url

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        web = cleaned.get("protocol") == ArchiveProtocol.STOW
        for name in ("url",) if web else ("host", "port", "ae_title"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, "This kind of archive needs it.")
        if (cleaned.get("port") or 1) > 65_535:
            self.add_error("port", "Ports end at 65535.")
        return cleaned


@admin.register(Archive)
class ArchiveAdmin(AsksAgain, ByRole):
    """Archives; administrators see those of their clinic, and only the operator enters and changes them."""

    form = ArchiveForm
    list_display = ("name", "clinic", "protocol", "place", "active")
    list_select_related = ("clinic",)
    search_fields = ("name",)
    actions = ("try_connection",)

    def get_fields(self, request: HttpRequest, obj: Archive | None = None) -> Any:
        told = ["clinic", "name", "protocol", "host", "port", "ae_title", "calling_ae_title", "tls", "url"]
        if self.has_change_permission(request, obj):
            told += ["new_credentials", "no_credentials"]
        return [*told, "active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Archive | None = None) -> Any:
        return ("clinic",) if obj is not None else ()  # its deliveries are the clinic's

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Archive | None = None) -> bool:
        return may_operate(request.user)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)

    @admin.display(description="where")
    def place(self, archive: Archive) -> str:
        if archive.protocol == ArchiveProtocol.STOW:
            return archive.url
        return f"{archive.ae_title} at {archive.host}:{archive.port}"

    def save_model(self, request: HttpRequest, obj: Archive, form: ModelForm, change: bool) -> None:
        assert isinstance(request.user, User)
        fields = [name for name in form.changed_data if name in archives.TOLD]
        if form.cleaned_data.get("new_credentials") or form.cleaned_data.get("no_credentials"):
            obj.credentials = form.cleaned_data.get("new_credentials") or ""
            fields.append("credentials")
        if fields or not change:
            archives.store_archive(archive=obj, by=request.user, fields=fields if change else None)

    @admin.action(description="Test the connection", permissions=["operate"])
    def try_connection(self, request: HttpRequest, chosen: QuerySet[Archive]) -> None:
        assert isinstance(request.user, User)
        for archive in chosen[:5]:
            worked, said = delivery.try_archive(archive)
            archives.note_trial(archive=archive, by=request.user, worked=worked)
            self.message_user(request, said, messages.SUCCESS if worked else messages.ERROR)
