"""How many clinics wait for an administrator's answer, for the header of every page."""

from django import template
from django.db import DatabaseError

from diagnosis.services import reading_agreements

register = template.Library()


@register.simple_tag
def agreements_waiting(user: object) -> int:
    """How many clinics ask this administrator's clinic to read for them; 0 without a database."""
    try:
        return reading_agreements.waiting(user)
    except DatabaseError:  # error pages have this header, too
        return 0
