"""Marks studies that wait longer than their clinic allows."""

from typing import Any

from django import template
from django.db import DatabaseError
from django.template import Context

from accounts.models import User
from accounts.permissions import may_see_records
from diagnosis.models import ReadingRules, Study
from diagnosis.services import overdue

register = template.Library()


@register.inclusion_tag("diagnosis/worklist/_overdue_mark.html", takes_context=True)
def overdue_mark(context: Context, study: Study) -> dict[str, Any]:
    """A mark where the study is overdue; the clinic's rules are asked for once a page."""
    return {"since": overdue.since(study, _rules(context, study.clinic_id))}


@register.simple_tag(takes_context=True)
def overdue_in_title(context: Context, user: object, waiting: int = 0) -> str:
    """ "(3 overdue) " before the title of a page, else how many wait: "(12) "; empty where nothing does."""
    told = f"({waiting}) " if waiting else ""
    if not isinstance(user, User) or not may_see_records(user) or user.clinic_id is None:
        return told
    try:
        found = overdue.overdue(user.clinic_id, _rules(context, user.clinic_id))[: overdue.MANY].count()
    except DatabaseError:
        return told
    more = "+" if found == overdue.MANY else ""
    return f"({found}{more} overdue) " if found else told


def _rules(context: Context, clinic_id: int) -> ReadingRules:
    request = context.get("request")
    known: dict[int, ReadingRules] = getattr(request, "reading_rules", {})
    if clinic_id not in known:
        known[clinic_id] = ReadingRules.of(clinic_id)
        if request is not None:
            request.reading_rules = known
    return known[clinic_id]
