"""What Django admin's first page shows: who waits, and how the installation is doing."""

from dataclasses import dataclass
from typing import Any

from django import template

from accounts.approval import waiting_for
from accounts.models import User
from accounts.permissions import may_operate
from diagnosis.services import heartbeat, operations, registry

register = template.Library()

PEOPLE_SHOWN = 5
WIDTH, HEIGHT, GAP = 20, 64, 4


@dataclass(frozen=True)
class Bar:
    day: operations.Day
    x: int
    y: int
    height: int


@register.simple_tag
def how_it_is_doing(user: User) -> dict[str, Any]:
    """The figures of the whole installation for an operator, of their clinic for an administrator."""
    whole = may_operate(user)
    clinic = None if whole else user.clinic
    days = operations.films_a_day(clinic)
    waiting = waiting_for(user)
    return {
        "whole": whole,
        "clinic": clinic,
        "people": waiting[:PEOPLE_SHOWN],
        "people_waiting": waiting.count(),
        "queue": operations.queue(clinic),
        "bars": _bars(days),
        "today": days[-1].films,
        "days": len(days),
        "total": sum(day.films for day in days),
        "model": registry.active_model(),
        "worker": heartbeat.is_worker_alive() if whole else None,
        "disk": operations.disk() if whole else None,
    }


def _bars(days: list[operations.Day]) -> list[Bar]:
    most = max(1, *(day.films for day in days))
    heights = [max(1, round(HEIGHT * day.films / most)) for day in days]
    return [
        Bar(day, place * (WIDTH + GAP), HEIGHT - height, height)
        for place, (day, height) in enumerate(zip(days, heights, strict=True))
    ]
