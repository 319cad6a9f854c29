"""For Django admin: its first page, with who waits and how all is doing, and the figures of a comparison."""

from dataclasses import dataclass
from typing import Any

from django import template

from accounts.approval import waiting_for
from accounts.models import User
from accounts.permissions import may_operate
from diagnosis.services import candidates, heartbeat, operations, registry

register = template.Library()
register.filter(may_operate)

PEOPLE_SHOWN = 5
WIDTH, HEIGHT, GAP = 20, 64, 4
WHOLE = 600  # the width of the bar that shows with whom readers sided


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
        "candidate": candidates.candidate() if whole else None,
        "stopped": candidates.stopped() if whole else (),
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


@dataclass(frozen=True)
class Part:
    name: str
    x: float
    width: float


@register.simple_tag
def sided(found: dict[str, Any]) -> list[Part]:
    """The parts of the bar of read disagreements, one beside the other; empty if none was read."""
    parts: list[Part] = []
    for name in ("candidate", "active", "cannot_say"):
        width = WHOLE * found[name] / found["read"] if found["read"] else 0.0
        if width:
            parts.append(Part(name, sum(part.width for part in parts), round(width, 2)))
    return parts


@register.simple_tag
def interval(share: dict[str, Any]) -> str:
    """A share in words: "12 of 20, 60 % (39–78 %)"."""
    if share["value"] is None:
        return "–"
    low, high = round(100 * share["low"]), round(100 * share["high"])
    return f"{share['count']} of {share['of']}, {round(100 * share['value'])} % ({low}–{high} %)"
