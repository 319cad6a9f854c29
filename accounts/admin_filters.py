"""Filters of Django admin's lists that are not a field's own choices."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone


class _Period(SimpleListFilter):
    """Rows since a day, named in words: a link that means the same tomorrow."""

    title = "time"
    parameter_name = "since"
    field = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("today", "Today"),
            ("week", "Past 7 days"),
            ("month", "This month"),
            ("year", "This year"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        begin = _begin(self.value())
        return queryset.filter(**{f"{self.field}__gte": begin}) if begin else queryset


def _begin(period: str | None) -> datetime | None:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "today": today,
        "week": today - timedelta(days=7),
        "month": today.replace(day=1),
        "year": today.replace(month=1, day=1),
    }.get(period or "")


def period_of(field: str) -> type[SimpleListFilter]:
    """The filter by the time in a field."""
    return type(f"PeriodOf_{field}", (_Period,), {"field": field})
