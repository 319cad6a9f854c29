"""What the address of a page in Django admin may ask: only what the page itself offers.

Django lets an address look up any field of a row, or of one that it points to, in any way. Whether a row is
shown then tells what no page shows, a password's hash among it. Here a list answers to its own search,
filters, order and pages; everything else is refused in words.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.views.main import (
    ALL_VAR,
    ERROR_FLAG,
    IGNORED_PARAMS,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
    ChangeList,
)
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

LARGEST_KEY = 2**63 - 1
LONGEST_SEARCH = 200
PAGE = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)
ORDER = re.compile(r"(-?[0-9]{1,3}(\.-?[0-9]{1,3})*)?\Z", re.ASCII)
# Links from a list carry its filters along, so that saving leads back to the same list.
WAY_BACK = "_changelist_filters"
NEVER = {ERROR_FLAG, *IGNORED_PARAMS} - {ALL_VAR, ORDER_VAR, SEARCH_VAR}


class NotOffered(Exception):
    """The address asks for something that the page does not offer; `part` names it."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


def is_key(value: str) -> bool:
    """Whether this can be a primary key: all of ours are numbers."""
    return value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= LARGEST_KEY


def check_form_page(request: HttpRequest) -> None:
    """Raise NotOffered if the address of a page about one row asks for more than the way back."""
    for name in request.GET:
        if name != WAY_BACK:
            raise NotOffered(name)
    for name in (IS_POPUP_VAR, TO_FIELD_VAR):  # a form may repeat these, and Django believes it
        if name in request.POST:
            raise NotOffered(name)


def check_list_page(request: HttpRequest, model_admin: ModelAdmin) -> None:
    """Raise NotOffered for a search, a page or an order that the list does not have, and for repetitions.

    Filters are left to `OfferedList`, which knows their values.
    """
    for name, values in request.GET.lists():
        value = values[-1]
        if len(values) > 1 or name in NEVER:
            raise NotOffered(name)
        if name == SEARCH_VAR:
            possible = bool(model_admin.get_search_fields(request)) and _searchable(value)
        elif name == ALL_VAR:
            possible = value == ""
        else:
            form = {PAGE_VAR: PAGE, ORDER_VAR: ORDER}.get(name)
            possible = form is None or form.match(value) is not None
        if not possible:
            raise NotOffered(name)


def _searchable(text: str) -> bool:
    return len(text) <= LONGEST_SEARCH and (text.isprintable() or not text)


def filter_names(model_admin: ModelAdmin, request: HttpRequest) -> set[str]:
    """The parameters of the list's filters."""
    names = set()
    for entry in model_admin.get_list_filter(request):
        if isinstance(entry, str):
            names |= {entry, *(f"{entry}__{end}" for end in ("exact", "isnull", "id__exact"))}
        elif name := getattr(entry, "parameter_name", None):
            names.add(name)
    return names


class OfferedList(ChangeList):
    """A list that answers to the links on its page alone."""

    def get_filters(self, request: HttpRequest) -> Any:
        found = super().get_filters(request)
        offered = set(_links(found[0], self))
        for name, values in self.get_filters_params().items():
            if any((name, value) not in offered for value in values):
                raise NotOffered(name)
        return found

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.page_num > 1 and not self.multi_page:
            raise NotOffered(PAGE_VAR)
        if self.show_all and not self.can_show_all:
            raise NotOffered(ALL_VAR)

    def get_ordering(self, request: HttpRequest, queryset: Any) -> Any:
        for part in filter(None, self.params.get(ORDER_VAR, "").split(".")):
            place = abs(int(part))
            if place >= len(self.list_display) or not self.get_ordering_field(self.list_display[place]):
                raise NotOffered(ORDER_VAR)
        return super().get_ordering(request, queryset)


def _links(specs: Any, listed: ChangeList) -> Iterator[tuple[str, str]]:
    """The parameters and values that the filters' own links on the page would set."""
    for spec in specs:
        own = set(spec.expected_parameters())
        for choice in spec.choices(listed):
            link = choice.get("query_string", "?").removeprefix("?")
            yield from ((name, value) for name, value in parse_qsl(link, True) if name in own)


def refused(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """The page that says so, with status 400."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "This page has no such search or filter",
        "opts": model_admin.opts,
    }
    return TemplateResponse(request, "admin/not_offered.html", context, status=400)
