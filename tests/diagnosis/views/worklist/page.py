"""The worklist as a doctor sees it: its rows, many of them, and its pager."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.test import Client

from accounts.models import Clinic, User
from diagnosis.models import Patient, Study, StudyState
from diagnosis.services.worklist import RANK_DONE, RANK_NORMAL, RANK_PATHOLOGICAL

WORKLIST = "/worklist/"
RANKS = (RANK_PATHOLOGICAL, RANK_NORMAL, RANK_DONE)  # the last one is in another order


def studies_in(client: Client, **query: str) -> list[str]:
    """The public ids of the rows, in order."""
    page = client.get(WORKLIST, query).content.decode()
    return re.findall(r'class="row-link" href="/studies/([0-9a-f-]{36})/["?]', page)


def many(clinic: Clinic, user: User, number: int, *, first: int = 0) -> list[Study]:
    """Studies without films, one minute apart; many rows at little cost."""
    patient, _ = Patient.objects.get_or_create(clinic=clinic, number="P-many")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Study.objects.create(
            clinic=clinic,
            patient=patient,
            created_by=user,
            rank=RANKS[(first + index) % 3],
            state=StudyState.TO_REVIEW,
            created_at=start + timedelta(minutes=(first + index) // 2),
        )
        for index in range(number)
    ]


def in_order(studies: Iterable[Study]) -> list[str]:
    """The public ids in the order that the worklist promises."""

    def place(study: Study) -> tuple[int, float, int]:
        sign = -1 if study.rank == RANK_DONE else 1
        return study.rank, sign * study.created_at.timestamp(), sign * study.pk

    return [str(study.public_id) for study in sorted(studies, key=place)]


def walk(client: Client, link: str = "next", *, start: str = WORKLIST) -> list[list[str]]:
    """Follow the pager to its end."""
    pages, address = [], start
    while address:
        body = client.get(address).content.decode()
        pages.append(re.findall(r'class="row-link" href="/studies/([0-9a-f-]{36})/["?]', body))
        found = re.search(rf'rel="{link}" href="(\?[^"]+)"', body)
        address = WORKLIST + found[1].replace("&amp;", "&") if found else ""
    return pages
