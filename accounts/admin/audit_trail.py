"""Django admin of the audit trail."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import audit
from accounts.admin_filters import period_of
from accounts.admin_rights import ReadOnly
from accounts.models import AuditEvent, User
from accounts.permissions import may_operate


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """The audit trail, newest first. Only the operator sees events without a clinic, such as new models."""

    list_display = ("sequence", "when", "action", "actor", "subject")
    fields = (
        "sequence", "when", "actor", "action", "subject", "clinic_id", "study_id", "facts", "previous_hash",
        "hash",
    )  # fmt: skip
    search_fields = ("actor", "subject", "study_id", "=action")
    search_help_text = "An e-mail address, an id or an action such as study.viewed"
    list_filter = (period_of("at"),)
    ordering = ("-sequence",)
    show_full_result_count = (
        False  # millions of rows: counting them all would be the slowest part of the page
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if may_operate(request.user):
            for text in filter(None, [audit.overdue(), *audit.late()]):
                self.message_user(request, text, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def of_clinic(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        return rows.filter(clinic_id=user.clinic_id)

    @admin.display(description="when (UTC)", ordering="at")
    def when(self, event: AuditEvent) -> str:
        return f"{event.at:%Y-%m-%d %H:%M:%S.%f}"
