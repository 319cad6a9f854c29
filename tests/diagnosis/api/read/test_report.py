"""A clinic's computer fetches the report of a signed study, and is told what was amended."""

from diagnosis.models import Report, ReportState
from diagnosis.services import report
from tests import films
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.read.address import url
from tests.diagnosis.services.report.papers import pages_of, sign


def test_the_document_is_made_and_fetched(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    sign(scan, cast.doctor)
    first = computer.read(f"{url(scan.study)}report/")
    assert (first.status_code, first.json()["state"]) == (202, "waiting")
    assert first.headers["Retry-After"] == "3"
    report.make_due(seconds=30)
    answer = computer.read(f"{url(scan.study)}report/")
    found = Report.objects.get()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["X-Document-SHA256"] == found.sha256
    assert "FINAL" in pages_of(answer.content)[0]


def test_while_it_is_made_the_answer_is_json_even_to_who_asks_for_a_pdf(
    cast: Cast, computer: Computer
) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    sign(scan, cast.doctor)
    headers = {"Authorization": f"Token {computer.plain}", "Accept": "application/pdf"}
    answer = computer.client.get(f"{url(scan.study)}report/", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (202, "application/json")
    assert answer.json()["state"] == "waiting"


def test_why_there_is_none_is_told_in_words(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    answer = computer.read(f"{url(scan.study)}report/")
    assert answer.status_code == 409
    assert "0 of 1 films are signed" in answer.json()["detail"]
    sign(scan, cast.doctor)
    computer.read(f"{url(scan.study)}report/")
    Report.objects.update(state=ReportState.FAILED, reason="The disk was full.")
    answer = computer.read(f"{url(scan.study)}report/")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:carina:problem:report_failed")
    assert "The disk was full." in answer.json()["detail"]


def test_another_clinics_study_is_not_found(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_b, cast.stranger)
    assert computer.read(f"{url(scan.study)}report/").status_code == 404
    assert not Report.objects.exists()


def test_an_amended_film_says_so_and_names_what_it_replaces(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    sign(scan, cast.doctor, "covid19")
    film = computer.read(url(scan.study)).json()["films"][0]
    assert (film["amended"], film["superseded_reviews"]) == (False, [])
    sign(scan, cast.colleague, "normal")
    film = computer.read(url(scan.study)).json()["films"][0]
    assert film["amended"] is True
    assert film["review"]["finding"] == "normal"
    assert [old["finding"] for old in film["superseded_reviews"]] == ["covid19"]
