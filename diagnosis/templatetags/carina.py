"""What templates ask and how they write numbers and times; display only."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone

from accounts import permissions

register = template.Library()

for _question in (
    permissions.may_see_records,
    permissions.may_submit,
    permissions.may_review,
    permissions.may_manage_clinic,
    permissions.may_use_admin,
):
    register.filter(_question.__name__, _question)


@register.filter
def percent(probability: float | None) -> str:
    """0.824 → "82 %"; never "0 %" or "100 %" for what is merely unlikely or likely."""
    if probability is None:
        return ""
    value = probability * 100
    if 0 < value < 1:
        return "< 1 %"
    if 99 < value < 100:
        return "> 99 %"
    return f"{value:.0f} %"


@register.filter
def waited(since: datetime | None) -> str:
    """How long ago, in the two largest units: "3 min", "2 h 10 min", "4 d 6 h"."""
    if since is None:
        return ""
    return duration(timezone.now() - since)


@register.filter
def duration(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"
