"""Django admin of the checks' ledger: which films were refused, corrected or appealed; no patient's data.

The list of appealed films is what an operator collects for training the next network, by public ids.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase

from accounts.admin_rights import ByRole
from accounts.csv_file import as_download
from accounts.models import User
from diagnosis.models import CheckEntry

HEAD = ("Film", "Clinic", "What", "Reason", "Network", "When")


@admin.register(CheckEntry)
class CheckEntryAdmin(ByRole):
    """The ledger's lines; administrators see those of their clinic."""

    list_display = ("film", "clinic", "kind", "code", "confidence", "model_version", "at", "by")
    list_select_related = ("scan", "clinic", "model_version", "by")
    list_filter = ("kind", "code")
    fields = list_display
    readonly_fields = fields
    actions = ("as_csv",)

    def of_clinic(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        return rows.filter(clinic=user.clinic)

    @admin.display(description="film")
    def film(self, entry: CheckEntry) -> str:
        return str(entry.scan.public_id)

    @admin.action(description="Download the selected lines as CSV", permissions=["view"])
    def as_csv(self, request: HttpRequest, chosen: QuerySet[CheckEntry]) -> HttpResponseBase:
        lines = [
            (entry.scan.public_id, entry.clinic, entry.kind, entry.code, entry.model_version or "", entry.at)
            for entry in chosen.select_related("scan", "clinic", "model_version")
        ]
        return as_download("film-checks.csv", [HEAD, *lines])
