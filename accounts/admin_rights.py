"""The rules of every page in Django admin: rights by role, rows by clinic."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import DataError
from django.db.models import Field, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from accounts import admin_address
from accounts.admin_address import NotOffered, OfferedList, is_key
from accounts.models import User
from accounts.permissions import may_manage_clinic, may_operate, may_use_admin

View = Callable[..., HttpResponse]


def answering(view: View) -> View:
    """The page, or the one with status 400 that says what its address asks in vain."""

    @wraps(view)
    def answer(self: "ByRole", request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(self, request, *args, **kwargs)
        except (NotOffered, DisallowedModelAdminLookup):
            return admin_address.refused(request, self)

    return answer


class ByRole(admin.ModelAdmin):
    """Rights come from the role, rows from `visible_to`; no page shows that others exist.

    By default nothing may be added or changed. Nothing may ever be deleted: the audit trail names these rows,
    and everybody who acted or was treated must stay findable.
    """

    view_on_site = False
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER  # they count every row once for each filter

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

    # ------------------------------------------------------------ what an address may ask
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OfferedList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup in admin_address.filter_names(self, request)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        admin_address.check_list_page(request, self)
        try:
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, ValueError, OverflowError, DataError) as error:
            raise NotOffered("") from error

    @answering
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if not all(is_key(value) for value in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise NotOffered(ACTION_CHECKBOX_NAME)
        return super().changelist_view(request, extra_context)

    @answering
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        admin_address.check_form_page(request)
        return super().changeform_view(request, *args, **kwargs)

    @answering
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        admin_address.check_form_page(request)
        return super().delete_view(request, *args, **kwargs)

    @answering
    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        admin_address.check_form_page(request)
        return super().history_view(request, *args, **kwargs)

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget  # no windows for adding a clinic on a person's page
        return field

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        raise Http404("There is no such row, or it is another clinic's.")

    # ------------------------------------------------------------ who may do what
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


class ReadOnly(ByRole):
    """Admin pages without forms or actions."""

    actions = None
