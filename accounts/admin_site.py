"""Django admin behind the portal's own sign-in, with the rules that hold on every admin page."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver

from accounts.models import User
from accounts.permissions import may_manage_clinic, may_operate, may_use_admin

AnyView = Callable[..., Any]
LARGEST_KEY = 2**63 - 1


class CarinaAdminSite(admin.AdminSite):
    """Admin for clinic administrators and operators; everybody else is redirected or gets 403."""

    site_header = "Carina administration"
    site_title = "Carina administration"
    index_title = "What is kept here"

    def has_permission(self, request: HttpRequest) -> bool:
        return may_use_admin(request.user)

    def admin_view(self, view: AnyView, cacheable: bool = False) -> AnyView:
        inner = super().admin_view(view, cacheable)

        def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not self.has_permission(request):
                return self._turn_away(request)
            return inner(request, *args, **kwargs)

        return update_wrapper(gate, inner)

    def _turn_away(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return redirect_to_login(request.get_full_path())
        if not user.is_approved:
            return redirect("approval_waiting")
        raise PermissionDenied

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # "View on site" answers for any row of any table: it would reveal which rows other clinics have.
        return [entry for entry in super().get_urls() if getattr(entry, "name", "") != "view_on_site"]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            return self._turn_away(request)
        return redirect_to_login(request.GET.get("next", "/admin/"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            logout(request)
        return redirect("account_logout")  # asks a signed-in user to confirm, sends everybody else to sign in

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")

    def password_change_done(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("profile")


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
