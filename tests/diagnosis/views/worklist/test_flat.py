"""What the worklist costs does not grow with what the clinic and its doctor did in years."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from diagnosis.models import Patient, Review, Scan, Study, StudyState
from diagnosis.services.worklist import RANK_DONE
from tests.conftest import Cast
from tests.diagnosis.views.worklist.page import WORKLIST, many

SIGNED = 600
POLL = {"HX-Request": "true"}


@contextmanager
def counted_steps() -> Iterator[list[int]]:
    """The steps of SQLite's machine, which are the same on a busy machine and on an idle one."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(step, 10)
    try:
        yield steps
    finally:
        connection.connection.set_progress_handler(None, 0)


def steps_of(client: Client, query: dict[str, str], headers: dict[str, str]) -> int:
    """Tens of steps that a request takes, once what it keeps is there."""
    client.get(WORKLIST, query, headers=headers)
    with counted_steps() as steps:
        assert client.get(WORKLIST, query, headers=headers).status_code == 200
    return steps[0]


def sign_old(cast: Cast, first: int, last: int) -> None:
    """Films of other people's old studies, each signed by the cast's doctor."""
    then = timezone.now() - timedelta(days=300)
    clinic, done = cast.clinic_a, {"state": StudyState.REVIEWED, "rank": RANK_DONE, "done_at": then}
    people = Patient.objects.bulk_create(
        Patient(clinic=clinic, number=f"P-{one}") for one in range(first, last)
    )
    studies = Study.objects.bulk_create(
        Study(clinic=clinic, patient=person, created_by=cast.doctor, created_at=then, **done)
        for person in people
    )
    Scan.objects.bulk_create(
        Scan(
            study=study, clinic=clinic, original_name="x", original="x", sha256=f"{study.pk:064}",
            size_bytes=1, media_type="image/png", width=8, height=8, status="analysed",
        )
        for study in studies
    )  # fmt: skip
    Review.objects.bulk_create(
        Review(
            scan=scan, doctor=cast.doctor, signed_name="D", decision="read", finding="normal", signed_at=then
        )
        for scan in Scan.objects.filter(study__in=studies)
    )


@pytest.mark.only_on("sqlite")  # its steps can be counted; it does not count its rows, as MySQL does
@pytest.mark.parametrize(
    ("query", "headers"),
    [({}, {}), ({}, POLL), ({"tab": "mine"}, {}), ({"state": "to_review"}, {}), ({"sort": "patient"}, {})],
)
def test_years_of_signed_films_cost_the_list_nothing(
    doctor: Client, cast: Cast, query: dict[str, str], headers: dict[str, str]
) -> None:
    many(cast.clinic_a, cast.doctor, 30)
    sign_old(cast, 0, 30)  # as many as a page shows
    before = steps_of(doctor, query, headers)
    sign_old(cast, 30, 30 + SIGNED)
    after = steps_of(doctor, query, headers)
    assert after < before + SIGNED / 10, (before, after)  # ten steps a film would be ten times that
