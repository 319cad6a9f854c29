"""Django admin of DICOM: the X-ray machines that may send, and the films that contradict the record."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from pydicom.charset import python_encoding

from accounts.admin.step_up import AsksAgain
from accounts.admin_filters import period_of
from accounts.admin_rights import ByRole
from accounts.corrections import ShownForm
from accounts.models import User
from accounts.permissions import may_operate
from accounts.sittings import sitting_of
from diagnosis import access
from diagnosis.admin.record import RecordAdmin
from diagnosis.models import DicomSender, HeldFilm
from diagnosis.services import history, senders
from diagnosis.services.senders import BadAddress


class SenderForm(ShownForm):
    kind = "dicom_sender"

    def clean_address(self) -> str:
        try:
            network = senders.network_of(self.cleaned_data["address"])
        except BadAddress as bad:
            raise ValidationError(bad.message) from bad
        return str(network.network_address) if network.num_addresses == 1 else str(network)

    def clean_character_set(self) -> str:
        term: str = self.cleaned_data["character_set"]
        if term and term not in python_encoding:
            raise ValidationError(
                "Write a term of DICOM such as ISO_IR 100 (Western Europe) or ISO_IR 192 (UTF-8)."
            )
        return term

    def clean(self) -> dict[str, Any]:
        """One machine belongs to one clinic: a film must never reach two, or the wrong one."""
        cleaned = super().clean()
        title, address = cleaned.get("ae_title"), cleaned.get("address")
        if title and address and cleaned.get("active"):
            other = senders.claimed_by(ae_title=title, address=address, apart_from=self.instance.pk)
            if other is not None:
                raise ValidationError(
                    f"{other} is a sender of {other.clinic} already. "
                    "One AE title and address belong to one sender."
                )
        return cleaned


@admin.register(DicomSender)
class DicomSenderAdmin(AsksAgain, ByRole):
    """The X-ray machines that may send; operators add and change them, they are never deleted."""

    form = SenderForm
    list_display = ("ae_title", "address", "clinic", "active", "character_set", "created_at")
    list_select_related = ("clinic",)
    fields = ("clinic", "ae_title", "address", "character_set", "active", "public_id", "created_at")
    readonly_fields = ("public_id", "created_at")
    search_fields = ("ae_title", "address")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)

    def has_change_permission(self, request: HttpRequest, obj: DicomSender | None = None) -> bool:
        return may_operate(request.user)

    def save_model(self, request: HttpRequest, obj: DicomSender, form: forms.ModelForm, change: bool) -> None:
        assert isinstance(request.user, User)
        senders.store_sender(sender=obj, by=request.user, fields=form.changed_data if change else None)


@admin.register(HeldFilm)
class HeldFilmAdmin(RecordAdmin):
    """The films that contradict the record, to look at; they are settled on the page “Films to settle”."""

    list_display = ("public_id", "why", "door", "received_at", "outcome", "settled_at", "settled_by")
    list_select_related = ("settled_by",)
    list_filter = ("why", "outcome", period_of("received_at"))
    search_fields = ("public_id", "sha256", "sop_instance_uid")
    fields = (
        "public_id", "clinic", "why", "original_name", "sha256", "size_bytes", "media_type", "width",
        "height", "sop_instance_uid", "study_instance_uid", "header", "said", "patient", "study", "door",
        "sender", "received_at", "outcome", "settled_at", "settled_by", "reason", "scan",
    )  # fmt: skip

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__in=access.held_films_for(user))

    def put_look_on_record(self, request: HttpRequest, shown: HeldFilm) -> None:
        assert isinstance(request.user, User)
        sitting = sitting_of(request)
        history.held_film_viewed(held=shown, reader=request.user, sitting=sitting)
        if shown.patient is not None:
            history.patient_viewed(patient=shown.patient, reader=request.user, sitting=sitting)
