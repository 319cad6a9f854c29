"""A patient's course draws the numbers that are told, and no other."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from diagnosis.models import Scan, Study
from diagnosis.services import reading_rules
from diagnosis.services.reading_rules import Wanted
from diagnosis.views.contexts.trend import trend_of
from tests.conftest import Cast
from tests.diagnosis.views.courses import GRADES, signed, taken

pytestmark = pytest.mark.django_db


def course_on(client: Client, path: str) -> str:
    found = re.search(r'<section class="trend".*?</section>', client.get(path).content.decode(), re.DOTALL)
    return found.group() if found else ""


def both_pages(client: Client, scan: Scan) -> list[str]:
    return [
        course_on(client, f"/studies/{scan.study.public_id}/"),
        course_on(client, f"/patients/{scan.study.patient.public_id}/"),
    ]


def test_two_studies_are_a_course_on_both_pages(cast: Cast, doctor: Client) -> None:
    scan = taken(cast, 9, 0.62)
    assert not any(both_pages(doctor, scan)), "one study is no course"
    taken(cast, 2, 0.81)
    for page in both_pages(doctor, scan):
        assert page.count("<circle") == 2
        assert page.count("<polyline") == 1
        assert ("62 %" in page, "81 %" in page, "Not graded" in page) == (True, True, True)


def test_a_withheld_number_is_a_word(cast: Cast, doctor: Client) -> None:
    for days, probability in ((9, 0.62), (5, 0.81)):
        scan = taken(cast, days, probability)
    taken(cast, 2, 0.77, withheld=True)
    for page in both_pages(doctor, scan):
        assert page.count("<circle") == 2
        assert "Not yet measured here: no number is told" in page
        assert "77 %" not in page


def test_what_is_to_be_read_blind_is_left_out_for_its_reader_alone(
    cast: Cast, doctor: Client, technician: Client
) -> None:
    for days, probability in ((9, 0.62), (5, 0.81)):
        scan = taken(cast, days, probability)
        signed(scan, cast, zones=GRADES)
    open_one = taken(cast, 2, 0.77)
    reading_rules.change(
        clinic=cast.clinic_a,
        by=cast.administrator,
        wanted=Wanted(
            blind_first=True, second_share=0, second_on_difference=False, urgent_minutes=30,
            routine_minutes=240, mails_overdue=False,
        ),
    )  # fmt: skip
    for page in both_pages(doctor, scan):
        assert "To be read blind" in page
        assert "77 %" not in page
        assert page.count("<circle") == 4, "two numbers of the network, two of the doctor"
        assert page.count("4 of 6, Brixia 9") == 2
    assert "77 %" in both_pages(technician, open_one)[1]


def test_more_studies_ask_no_more_queries(cast: Cast) -> None:
    def asked() -> int:
        studies = list(Study.objects.select_related("patient"))
        with CaptureQueriesContext(connection) as captured:
            assert trend_of(studies, set()) is not None
        return len(captured)

    for days in (9, 8):
        signed(taken(cast, days, 0.6), cast, zones=GRADES)
    few = asked()
    for days in (7, 6, 5, 4):
        signed(taken(cast, days, 0.6), cast, zones=GRADES)
    assert asked() == few == 3, "films, results and reviews"
