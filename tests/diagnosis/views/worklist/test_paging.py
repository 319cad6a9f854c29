"""The worklist's pages, by key: every study once, both ways."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from diagnosis.models import Study
from diagnosis.services.worklist import RANK_DONE
from diagnosis.views.contexts import ordering
from tests.conftest import Cast
from tests.diagnosis.views.worklist.page import WORKLIST, in_order, many, studies_in, walk


def test_pages_of_25_show_every_study_once_both_ways(doctor: Client, cast: Cast) -> None:
    expected = [str(study.public_id) for study in many(cast.clinic_a, cast.doctor, 60)]
    pages = walk(doctor)
    assert [len(page) for page in pages] == [25, 25, 10]
    rows = [row for page in pages for row in page]
    assert sorted(rows) == sorted(expected)
    assert rows == in_order(Study.objects.all())


def test_going_back_shows_the_page_that_was_there(doctor: Client, cast: Cast) -> None:
    many(cast.clinic_a, cast.doctor, 60)
    first, second, _ = walk(doctor)
    body = doctor.get(WORKLIST).content.decode()
    for _ in range(2):
        address = re.search(r'rel="next" href="(\?[^"]+)"', body)[1].replace("&amp;", "&")
        body = doctor.get(WORKLIST + address).content.decode()
    back = []
    while found := re.search(r'rel="prev" href="(\?[^"]+)"', body):
        body = doctor.get(WORKLIST + found[1].replace("&amp;", "&")).content.decode()
        back.append(re.findall(r'class="row-link" href="/studies/([0-9a-f-]{36})/["?]', body))
    assert back == [second, first]


def test_studies_that_arrive_meanwhile_neither_hide_nor_double_a_row(doctor: Client, cast: Cast) -> None:
    many(cast.clinic_a, cast.doctor, 60)
    before = walk(doctor)
    body = doctor.get(WORKLIST).content.decode()
    address = re.search(r'rel="next" href="(\?[^"]+)"', body)[1].replace("&amp;", "&")
    many(cast.clinic_a, cast.doctor, 9, first=1000)  # newer ones, in every rank
    after = re.findall(
        r'class="row-link" href="/studies/([0-9a-f-]{36})/["?]',
        doctor.get(WORKLIST + address).content.decode(),
    )
    old = [row for page in before for row in page]
    seen = [row for row in after if row in old]
    assert seen == old[25 : 25 + len(seen)]
    assert not set(after) & set(before[0])


@pytest.mark.parametrize("cursor", ["x", "1:2:3", "WzEsMiwzXQ:1:forged", ""])
def test_a_forged_cursor_leads_to_the_first_page(doctor: Client, cast: Cast, cursor: str) -> None:
    many(cast.clinic_a, cast.doctor, 30)
    assert studies_in(doctor, after=cursor) == studies_in(doctor)
    assert studies_in(doctor, before=cursor) == studies_in(doctor)


@pytest.mark.parametrize("more", ["", "&entered=on", "&taken_from=2020-01-01"])
def test_the_pages_of_a_search_show_every_find_once_and_nothing_of_others(
    doctor: Client, cast: Cast, more: str
) -> None:
    wanted = [str(study.public_id) for study in many(cast.clinic_a, cast.doctor, 80)]
    many(cast.clinic_b, cast.stranger, 30)  # the same number in another clinic
    pages = walk(doctor, start=f"{WORKLIST}?q=p-many{more}")
    assert [len(page) for page in pages] == [25, 25, 25, 5]
    rows = [row for page in pages for row in page]
    assert sorted(rows) == sorted(wanted)
    if "taken" not in more:  # else the done ones go by the time taken
        assert rows == in_order(Study.objects.filter(clinic=cast.clinic_a))


@pytest.mark.only_on("sqlite")  # MySQL counts its rows and chooses by them
@pytest.mark.parametrize("more", [{}, {"entered": "on"}, {"state": "to_review", "finding": "normal"}])
def test_a_search_reads_the_rows_that_it_found_and_no_index_of_the_clinic(
    doctor: Client, cast: Cast, more: dict[str, str]
) -> None:
    many(cast.clinic_a, cast.doctor, 4)
    with CaptureQueriesContext(connection) as captured:
        doctor.get(WORKLIST, {"q": "p-many"} | more)
    found = ",".join(map(str, Study.objects.order_by("pk").values_list("pk", flat=True)))
    of_search = [query["sql"] for query in captured if found in query["sql"].replace(", ", ",")]
    of_search = [sql for sql in of_search if 'FROM "diagnosis_study"' in sql]
    assert of_search
    for sql in of_search:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = [row[-1] for row in cursor.fetchall() if " diagnosis_study " in f"{row[-1]} "]
        assert all("USING INTEGER PRIMARY KEY" in step for step in plan), (sql, plan)


@pytest.mark.parametrize("asked", ["", "?taken_to=2025-01-01"])
def test_a_page_far_down_reads_a_page_and_not_all_above_it(doctor: Client, cast: Cast, asked: str) -> None:
    many(cast.clinic_a, cast.doctor, 120)
    Study.objects.update(rank=RANK_DONE)
    far = datetime(2024, 1, 1, tzinfo=UTC)
    for number, study in enumerate(Study.objects.order_by("pk")):
        Study.objects.filter(pk=study.pk).update(taken_at=far + timedelta(days=4 * number))
    assert {*ordering._DONE_BY.values()} <= {index.name for index in Study._meta.indexes}
    with CaptureQueriesContext(connection) as captured:
        pages = walk(doctor, start=WORKLIST + asked)
    assert sum(map(len, pages)) == (92 if asked else 120)
    if connection.vendor == "mysql":
        forced = [query["sql"] for query in captured if "FORCE INDEX" in query["sql"]]
        assert len(forced) == len(pages)
        for sql in forced:
            assert _read_backwards(sql) < 30


def _read_backwards(sql: str) -> int:
    """How many entries of an index MySQL went through for a query."""
    counts = []
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read_prev'")
            counts.append(int(cursor.fetchone()[1]))
            cursor.execute(sql)
    return counts[1] - counts[0]
