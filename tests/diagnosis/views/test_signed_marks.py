"""What doctors drew and graded is drawn again, where it was drawn, with the name of who signed it."""

import json
import re

import pytest
from django.test import Client

from diagnosis.models import Scan
from tests.conftest import Cast
from tests.diagnosis.views.courses import GRADES, signed, taken

pytestmark = pytest.mark.django_db
MARK = {"kind": "arrow", "points": [[0.1, 0.2], [0.3, 0.4]], "text": "nodule"}


def test_the_signed_zones_are_drawn_beside_their_review(cast: Cast, doctor: Client) -> None:
    scan = taken(cast, 1, 0.62)
    signed(scan, cast, zones=GRADES)
    page = doctor.get(f"/studies/{scan.study.public_id}/").content.decode()
    assert re.findall(r'class="grade-(\d)"', page) == [str(grade) for grade in GRADES.values()]


def marks_on(client: Client, scan: Scan) -> list[dict]:
    page = client.get(f"/studies/{scan.study.public_id}/").content.decode()
    found = re.search(r'<script id="signed-marks" type="application/json">(.*?)</script>', page)
    return json.loads(found.group(1)) if found else []


def test_each_doctors_newest_marks_reach_the_viewer(cast: Cast, doctor: Client) -> None:
    scan = taken(cast, 1, 0.7)
    assert marks_on(doctor, scan) == []
    signed(scan, cast, annotations=[{**MARK, "scan": str(scan.public_id)}])
    (layer,) = marks_on(doctor, scan)
    assert layer["doctor"] == "Doctor Test"
    assert layer["marks"] == [{**MARK, "scan": str(scan.public_id)}]


def test_marks_of_a_film_that_was_turned_since_are_not_drawn(cast: Cast, doctor: Client) -> None:
    scan = taken(cast, 1, 0.7)
    signed(scan, cast, annotations=[MARK])
    Scan.objects.filter(pk=scan.pk).update(shown_corrections=["rotated_180"])
    assert marks_on(doctor, scan) == []


def test_a_later_review_without_marks_takes_them_away(cast: Cast, doctor: Client) -> None:
    scan = taken(cast, 1, 0.7)
    signed(scan, cast, annotations=[MARK])
    signed(scan, cast)
    assert marks_on(doctor, scan) == []
