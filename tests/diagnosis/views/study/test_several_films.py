"""A study of several films says how many are read, and the way on finishes it first."""

import re

from django.test import Client

from diagnosis.models import Scan
from diagnosis.services import worklist
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of, text_of, what_is_shown
from tests.films import analysed_scan

HALF = "1 of 2 read"


def two_films(cast: Cast) -> tuple[Scan, Scan]:
    first, second = (analysed_scan(cast.clinic_a, cast.doctor, seed=seed) for seed in (1, 2))
    left = second.study
    Scan.objects.filter(pk=second.pk).update(study=first.study)
    second.refresh_from_db()
    worklist.refresh(first.study)
    worklist.refresh(left)
    return first, second


def sign(client: Client, scan: Scan) -> str:
    given = {**what_is_shown(scan), "decision": "agree"}
    return client.post(f"/scans/{scan.public_id}/review/", given, follow=True).content.decode()


def next_of(page: str) -> str:
    (address,) = re.findall(r'id="next-study"\s+href="([^"]+)"', page)
    return address


def test_a_half_read_study_says_so_on_its_page_and_in_the_list(doctor: Client, cast: Cast) -> None:
    first, _ = two_films(cast)
    assert HALF not in page_of(doctor, first)
    sign(doctor, first)
    assert HALF in page_of(doctor, first)
    assert HALF in text_of(doctor.get("/worklist/"))
    assert HALF in text_of(doctor.get(f"/patients/{first.study.patient.public_id}/"))


def test_the_way_on_finishes_the_study_before_the_next(doctor: Client, cast: Cast) -> None:
    other = analysed_scan(cast.clinic_a, cast.doctor, number="P-9", seed=9)
    first, second = two_films(cast)
    address = f"/studies/{first.study.public_id}/"
    elsewhere = f"/studies/{other.study.public_id}/"
    assert next_of(doctor.get(address).content.decode()).partition("?")[0] == elsewhere, (
        "nobody has begun this one"
    )
    page = sign(doctor, first)
    assert "1 of 2 films read" in page
    assert f'<a href="#scan-{second.public_id}">Go on to film 2</a>' in page
    assert next_of(page) == f"#scan-{second.public_id}"
    page = sign(doctor, second)
    assert next_of(page).partition("?")[0] == elsewhere
    assert HALF not in page


def test_the_confirmation_has_the_focus(doctor: Client, cast: Cast) -> None:
    first, _ = two_films(cast)
    (said,) = re.findall(r'<div class="alert[^>]*role="status"[^>]*autofocus>', sign(doctor, first))
    assert 'tabindex="-1"' in said


def test_an_earlier_finding_is_struck_through_with_who_replaced_it(doctor: Client, cast: Cast) -> None:
    first, _ = two_films(cast)
    sign(doctor, first)
    given = {**what_is_shown(first), "decision": "change", "finding": "normal"}
    doctor.post(f"/scans/{first.public_id}/review/", given)
    page = doctor.get(f"/studies/{first.study.public_id}/").content.decode()
    assert re.search(r"<s>\s*Pneumonia\s*</s>", page)
    assert re.search(r"Superseded\s+<time[^>]+>[^<]+</time>\s+by Doctor Test", page)
    report = doctor.get(f"/studies/{first.study.public_id}/report/").content.decode()
    assert "AMENDED" in report
    assert re.search(r"<s>\s*Pneumonia\s*</s>", report)
    assert report.index("Normal") < report.index("Superseded")
