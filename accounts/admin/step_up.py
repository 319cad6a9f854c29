"""Django admin's forms and actions that ask who one is before they change anything."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from accounts import step_up


class AsksAgain(admin.ModelAdmin):
    """Whoever sends a form or an action confirms who they are, unless they did so a short while ago."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return _ask(request) or super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        return _ask(request) or super().changeform_view(request, object_id, form_url, extra_context)


def _ask(request: HttpRequest) -> HttpResponse | None:
    return step_up.ask_again(request) if request.method == "POST" else None
