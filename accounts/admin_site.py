"""Django admin behind the portal's own sign-in."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib import admin
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver

from accounts.admin_rights import ByRole
from accounts.models import User
from accounts.permissions import may_use_admin

AnyView = Callable[..., Any]
OWN_APPS = {"accounts", "diagnosis"}
# "View on site" answers for any row of any table, and would reveal which rows other clinics have. No page of
# ours completes names while somebody types; that address would list patients' names.
CLOSED = {"view_on_site", "autocomplete"}


class CarinaAdminSite(admin.AdminSite):
    """Admin for clinic administrators and operators; everybody else is redirected or gets 403."""

    site_header = "Carina administration"
    site_title = "Carina administration"
    index_title = "Administration"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Give a model its pages; only classes with our rules, in `ByRole`, get any.

        What other packages register (groups, addresses, second factors) stays without a page.
        """
        if admin_class is not None and issubclass(admin_class, ByRole):
            super().register(model_or_iterable, admin_class, **options)
            return
        many: list[Any] = (
            [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        )
        for model in many:
            if model._meta.app_label in OWN_APPS:
                raise ImproperlyConfigured(f"The admin class of {model.__name__} has to derive from ByRole.")

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
        return [entry for entry in super().get_urls() if getattr(entry, "name", "") not in CLOSED]

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
