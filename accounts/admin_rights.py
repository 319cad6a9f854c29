"""The rules of every page in Django admin: rights by role, rows by clinic."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect

from accounts.models import User
from accounts.permissions import may_manage_clinic, may_operate, may_use_admin

LARGEST_KEY = 2**63 - 1


class ByRole(admin.ModelAdmin):
    """Rights come from the role, rows from `visible_to`; no page shows that others exist.

    By default nothing may be added or changed. Nothing may ever be deleted: the audit trail names these rows,
    and everybody who acted or was treated must stay findable.
    """

    view_on_site = False
    list_per_page = 50

    def visible_to(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that this user may see; an operator sees all, a clinic administrator their clinic's."""
        if may_operate(user):
            return rows
        if may_manage_clinic(user):
            return self.of_clinic(rows, user)
        return rows.none()

    def of_clinic(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        return rows.filter(clinic=user.clinic)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return self.visible_to(request.user, rows) if isinstance(request.user, User) else rows.none()

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            return super().get_changelist_instance(request)
        except (ValueError, OverflowError, DataError) as error:
            # Django checks only the values' types; a huge number or an impossible year fails in the query.
            raise IncorrectLookupParameters(error) from error

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if all(_is_key(value) for value in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            return super().changelist_view(request, extra_context)
        return redirect(f"{request.path}?{ERROR_FLAG}=1")

    def _sees(self, request: HttpRequest, obj: Model | None) -> bool:
        if not may_use_admin(request.user):
            return False
        return obj is None or obj.pk is None or self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._sees(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _is_key(value: str) -> bool:
    """Whether this can be a primary key: all of ours are numbers."""
    return value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= LARGEST_KEY


class ReadOnly(ByRole):
    """Admin pages without forms or actions."""

    actions = None
