"""A review that is not signed says so, whatever was wrong with the form, and nothing typed is lost."""

import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from diagnosis.models import Review, Scan, ScanStatus
from diagnosis.services import lifecycle, review, studies
from tests.conftest import Cast
from tests.diagnosis.views.pages import what_is_shown
from tests.films import analysed_scan, predict, promoted, queued_scan

NOTE = "Ground glass in both lower lobes."
CHOSEN = re.compile(r'name="decision"[^>]*checked')


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.doctor)


def sent(client: Client, scan: Scan, **words: str) -> str:
    """The page that comes back from a form that is refused, its alert first."""
    given = {**what_is_shown(scan), "decision": "agree", "note": NOTE, **words}
    response = client.post(f"/scans/{scan.public_id}/review/", given)
    assert response.status_code == 422
    page = response.content.decode()
    assert not Review.objects.filter(doctor=response.wsgi_request.user).exists()
    return page


def alert(page: str) -> str:
    (found,) = re.findall(r'<div[^>]*role="alert" tabindex="-1" autofocus>(.*?)</div>', page, re.DOTALL)
    said = " ".join(re.sub(r"<[^>]+>", " ", found).split())
    assert said.startswith("Your review is not signed: ")
    return said.removeprefix("Your review is not signed: ")


def test_a_note_is_as_long_as_the_browser_counts_it(doctor: Client, scan: Scan) -> None:
    note = ("a" * 98 + "\r\n") * 49 + "a" * 149
    assert len(note) == 5049
    given = {**what_is_shown(scan), "decision": "agree", "note": note}
    assert doctor.post(f"/scans/{scan.public_id}/review/", given).status_code == 302
    assert Review.objects.get().note == note.replace("\r\n", "\n")


def test_a_note_that_is_too_long_comes_back_in_full(doctor: Client, scan: Scan) -> None:
    page = sent(doctor, scan, note="b" * 5001)
    assert "at most 5000 characters (it has 5001)" in alert(page)
    assert "b" * 5001 in page
    assert "maxlength" not in page.partition('name="note"')[2][:200], "a browser cuts off what is pasted"


def test_an_invisible_character_is_named_and_gone_from_what_comes_back(doctor: Client, scan: Scan) -> None:
    page = sent(doctor, scan, note="left\0 lung")
    assert "invisible character" in alert(page)
    assert "left lung" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"prediction": ""}, "did not say which result you read"),
        ({"prediction": "x"}, "damaged on its way"),
        ({"prediction": str(uuid.uuid4())}, "did not say which result you read"),
        ({"last": "x"}, "damaged on its way"),
        ({"study": "x"}, "damaged on its way"),
        ({"decision": ""}, "Choose whether you agree"),
        ({"decision": "maybe"}, "Choose whether you agree"),
        ({"decision": "change", "finding": "flu"}, "Select a valid choice."),
        ({"decision": "change", "finding": ""}, "Choose the finding that you see."),
        ({"decision": "reject", "reason": "c" * 501}, "at most 500 characters"),
        ({"decision": "reject", "reason": "r\0"}, "invisible character"),
    ],
)
def test_whatever_is_wrong_is_said_and_the_note_stays(
    doctor: Client, scan: Scan, words: dict[str, str], said: str
) -> None:
    page = sent(doctor, scan, **words)
    assert said in alert(page)
    assert NOTE in page


@pytest.mark.parametrize("lost", ["prediction", "last", "study", "decision"])
def test_a_field_that_never_arrived_does_not_pass_in_silence(doctor: Client, scan: Scan, lost: str) -> None:
    given = {**what_is_shown(scan), "decision": "agree", "note": NOTE}
    del given[lost]
    response = doctor.post(f"/scans/{scan.public_id}/review/", given)
    signed = Review.objects.exists()
    assert signed == (response.status_code == 302) == (lost in ("last", "study"))
    assert signed or alert(response.content.decode())


def test_another_films_result_is_refused_as_such(doctor: Client, cast: Cast, scan: Scan) -> None:
    other = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=2)
    page = sent(doctor, scan, prediction=str(other.predictions.get().public_id))
    assert "about another film" in alert(page)
    assert not CHOSEN.search(page), "the decision was about another result"


def test_another_clinics_result_is_unknown(doctor: Client, cast: Cast, scan: Scan) -> None:
    theirs = analysed_scan(cast.clinic_b, cast.stranger, number="B-2", seed=3)
    page = sent(doctor, scan, prediction=str(theirs.predictions.get().public_id))
    assert "did not say which result you read" in alert(page)


def test_a_superseded_result_a_moved_a_dismissed_and_a_signed_film_each_say_so(
    doctor: Client, cast: Cast, scan: Scan
) -> None:
    before = what_is_shown(scan)
    promoted("2.0.0")
    predict(scan, version="2.0.0")
    assert "A newer result has arrived" in alert(sent(doctor, scan, **before))
    review.sign_off(scan=scan, prediction=scan.predictions.first(), doctor=cast.colleague, decision="agree")
    page = sent(doctor, scan, last="")
    assert "Colleague Test signed Pneumonia at" in alert(page)
    assert NOTE in page
    assert CHOSEN.search(page), "the decision was about this result"
    was = str(scan.study.public_id)
    studies.move_film(scan=scan, number="P-77", actor=cast.technician)
    scan.refresh_from_db()
    assert "moved to another patient" in alert(sent(doctor, scan, study=was))
    Scan.objects.filter(pk=scan.pk).update(status=ScanStatus.REFUSED, finished_at=timezone.now())
    scan.refresh_from_db()
    lifecycle.set_aside(scan=scan, actor=cast.technician)
    scan.refresh_from_db()
    words = {"decision": "read", "finding": "normal"}
    page = sent(doctor, scan, **words)
    assert "Technician Test dismissed this film" in alert(page)
    assert NOTE in page
    assert 'name="count_again"' in page
    given = {**what_is_shown(scan), **words, "note": NOTE, "count_again": "on"}
    assert doctor.post(f"/scans/{scan.public_id}/review/", given).status_code == 302
    scan.refresh_from_db()
    assert scan.set_aside_at is None


def test_a_film_without_a_result_is_signed_from_its_page(doctor: Client, cast: Cast) -> None:
    waiting = queued_scan(cast.clinic_a, cast.doctor, number="P-3", seed=3)
    page = doctor.get(f"/studies/{waiting.study.public_id}/").content.decode()
    assert 'id="sign-form"' in page
    given = {**what_is_shown(waiting), "decision": "read", "finding": "covid19", "note": NOTE}
    doctor.post(f"/scans/{waiting.public_id}/review/", given)
    assert Review.objects.get().finding == "covid19"
    assert "reads without the network" in doctor.get(f"/studies/{waiting.study.public_id}/").content.decode()


def test_a_reading_without_a_finding_says_so(doctor: Client, cast: Cast) -> None:
    waiting = queued_scan(cast.clinic_a, cast.doctor, number="P-3", seed=3)
    page = sent(doctor, waiting, decision="read")
    assert "Choose the finding that you see." in alert(page)
    assert NOTE in page
