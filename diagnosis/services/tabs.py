"""The worklist's tabs: what stands in each, and how many.

A tab is a rank of the open studies, so that page and count read the open part of one index and never the
clinic's years of signed studies.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from diagnosis.models import Study
from diagnosis.services import claims, second_reads, worklist

Studies = QuerySet[Study]
MOST: Final = 5000  # counted; beyond it a count says "at least"
MOST_OWN: Final = 500
MINE, DONE_TODAY, ATTENTION, REFERRED = "mine", "done", "attention", "referred"


@dataclass(frozen=True)
class Tab:
    """A tab by its name in addresses; `rank`: that of its studies. `sign` stands before its label."""

    name: str
    label: str
    sign: str
    rank: int | None = None
    tells_the_network: bool = False


TABS: Final = (
    Tab("", "All", ""),
    Tab("urgent", "Urgent", "▲", worklist.RANK_URGENT),
    Tab("pathological", "Pathological", "◆", worklist.RANK_PATHOLOGICAL, tells_the_network=True),
    Tab("unsure", "Unsure", "◐", worklist.RANK_UNSURE, tells_the_network=True),
    Tab("normal", "Normal", "○", worklist.RANK_NORMAL, tells_the_network=True),
    Tab(ATTENTION, "Attention", "!", worklist.RANK_PROBLEM),
    Tab(MINE, "Mine", "●"),
    Tab(DONE_TODAY, "Done today", "✓"),
    Tab(REFERRED, "For others", "⇄"),
)
OPEN: Final = Q(rank__lt=worklist.RANK_DONE)
# `place` is 0 there: the index is read in its own order
DONE: Final = Q(rank=worklist.RANK_DONE, place=0)


@dataclass(frozen=True)
class Counted:
    """A tab with its number of studies; `more`: at least so many.

    `untold`: further studies of its rank that are not counted, because that would tell the network's answer.
    """

    tab: Tab
    number: int
    more: bool
    untold: int = 0


def named(name: str) -> Tab:
    """The tab of this name, the first one if there is none."""
    return next((tab for tab in TABS if tab.name == name), TABS[0])


def midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def inside(tab: Tab, *, reader: User, studies: Studies, untold: Collection[int]) -> Studies:
    """The studies of a tab. `untold`: of these the reader is not told what the network says.

    Those that other clinics refer are no part of the clinic's own: whoever shows that tab begins with them.
    """
    if tab.rank is not None:
        found = studies.filter(rank=tab.rank)
        return found.exclude(pk__in=untold) if tab.tells_the_network and untold else found
    if tab.name == MINE:
        return studies.filter(pk__in=own(reader, studies))
    return studies.filter(done_at__gte=midnight()) if tab.name == DONE_TODAY else studies


def own(reader: User, studies: Studies) -> list[int]:
    """The open studies assigned to or claimed by the reader, and those they are asked to read second."""
    assigned = studies.filter(OPEN, assigned_to=reader).order_by().values_list("pk", flat=True)[:MOST_OWN]
    claimed = claims.held_by(reader)
    open_ones = (
        studies.filter(OPEN, pk__in=claimed).order_by().values_list("pk", flat=True) if claimed else []
    )
    second = second_reads.to_give(reader).filter(asked_of=reader).values_list("study", flat=True)[:MOST_OWN]
    return sorted({*assigned, *open_ones, *second})


def counts(
    *, reader: User, studies: Studies, untold: Collection[int], referred: int | None = None
) -> list[Counted]:
    """Every tab with its count, in a fixed number of queries that read open studies alone.

    `referred`: how many studies other clinics refer here; None where nobody reads for another.
    """
    ranks = list(studies.filter(OPEN).order_by("rank").values_list("rank", flat=True)[:MOST])
    by_rank, full = Counter(ranks), len(ranks) == MOST
    hidden: Counter[int] = Counter()
    if untold:
        hidden = Counter(studies.filter(pk__in=untold).values_list("rank", flat=True))
    done = studies.filter(done_at__gte=midnight()).order_by()[:MOST].count()
    own_ones = len(own(reader, studies))
    found = []
    for tab in TABS:
        if tab.rank is not None:
            kept = min(by_rank[tab.rank], hidden[tab.rank]) if tab.tells_the_network else 0
            found.append(Counted(tab, by_rank[tab.rank] - kept, full and tab.rank >= ranks[-1], kept))
        elif tab.name == MINE:
            found.append(Counted(tab, own_ones, own_ones >= MOST_OWN))
        elif tab.name == DONE_TODAY:
            found.append(Counted(tab, done, done == MOST))
        elif tab.name == REFERRED:
            if referred is not None:
                found.append(Counted(tab, referred, referred >= MOST_OWN))
        else:
            found.append(Counted(tab, len(ranks), full))
    return found
