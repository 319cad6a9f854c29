"""For the header of every page: to which clinics its reader may switch, and how many ask to join theirs."""

from django import template
from django.db import DatabaseError

from accounts import memberships
from accounts.models import Membership

register = template.Library()


@register.simple_tag
def other_clinics(user: object) -> list[Membership]:
    """The clinics that the person may switch to; none while the database cannot be asked."""
    try:
        return list(memberships.others_of(user))
    except DatabaseError:  # error pages have this header, too
        return []


@register.simple_tag
def memberships_waiting(user: object) -> int:
    """How many people ask this reader to work in their clinic, too; 0 without a database."""
    try:
        return memberships.waiting_for(user).count()
    except DatabaseError:
        return 0


@register.filter
def may_decide_about(user: object, membership: Membership) -> bool:
    return memberships.may_decide(user, membership)
