"""Whoever holds a paper learns whether it was issued and still holds, and nothing about the patient."""

import hashlib
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from accounts.audit import verify
from accounts.models import AuditEvent, Clinic
from diagnosis.models import Patient, Report, Study
from diagnosis.services import report, studies
from diagnosis.services.report import facts
from tests.conftest import Cast
from tests.diagnosis.services.report.papers import issued, place, sign
from tests.films import analysed_scan


@pytest.fixture
def paper(cast: Cast) -> Report:
    scan = analysed_scan(cast.clinic_a, cast.doctor, number="NUMBER-4711")
    sign(scan, cast.doctor)
    return issued(scan.study, cast.doctor)


def test_anybody_checks_a_paper_and_sees_nothing_of_the_patient(paper: Report) -> None:
    page = Client().get(f"/verify/{paper.code}/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "Issued, and nothing replaces it" in text
    for known in (paper.sha256, "Clinic A", "FINAL"):
        assert known in text
    for private in ("NUMBER-4711", "Phantom", "COVID", "Doctor Test", str(paper.study.public_id)):
        assert private not in text
    assert "no-store" in page.headers["Cache-Control"]


def test_a_code_is_found_however_it_is_typed(paper: Report) -> None:
    typed = paper.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert paper.sha256 in Client().get("/verify/", {"code": typed}).content.decode()


@pytest.mark.parametrize("code", ["AAAA-BBBB-CCCC", "x", "7" * 300, "../../etc", "\x00", "سلام"])
def test_a_code_that_nobody_issued_is_told_as_such(code: str, db: None) -> None:
    page = Client().get("/verify/", {"code": code})
    assert page.status_code == 404
    assert "do not trust the paper" in page.content.decode()


def test_the_old_papers_page_says_that_a_new_one_replaces_it(paper: Report, cast: Cast) -> None:
    sign(paper.study.scans.get(), cast.colleague, "normal")
    assert report.check(paper.code).stands == "outdated"
    assert "Amended since" in Client().get(f"/verify/{paper.code}/").content.decode()
    later = issued(paper.study, cast.doctor)
    assert report.check(paper.code).stands == "replaced"
    assert "Replaced" in Client().get(f"/verify/{paper.code}/").content.decode()
    assert report.check(later.code).stands == "holds"


def test_the_paper_of_a_cancelled_study_is_withdrawn(paper: Report, cast: Cast) -> None:
    studies.cancel_study(
        study=Study.objects.get(pk=paper.study_id), actor=cast.doctor, reason="Wrong patient"
    )
    assert report.check(paper.code).stands == "withdrawn"


def test_a_hash_that_was_changed_in_the_database_is_not_proved(paper: Report) -> None:
    assert report.check(paper.code).proved
    Report.objects.filter(pk=paper.pk).update(sha256="f" * 64)
    assert "Do not trust this document" in Client().get(f"/verify/{paper.code}/").content.decode()
    Report.objects.filter(pk=paper.pk).update(sha256=paper.sha256)
    assert report.check(paper.code).event == AuditEvent.objects.get(action="report.issued").sequence


def test_nor_is_one_whose_entry_was_changed_along_with_it(paper: Report) -> None:
    Report.objects.filter(pk=paper.pk).update(sha256="f" * 64)
    event = AuditEvent.objects.get(action="report.issued")
    with connection.cursor() as cursor:
        facts = json.dumps({**event.facts, "sha256": "f" * 64})
        cursor.execute("UPDATE accounts_auditevent SET facts = %s WHERE id = %s", [facts, event.pk])
    assert AuditEvent.objects.get(action="report.issued").facts["sha256"] == "f" * 64
    assert not report.check(paper.code).proved


def test_the_chain_vouches_for_the_row(paper: Report) -> None:
    assert not list(verify())


def test_guessing_codes_is_stopped(paper: Report) -> None:
    guesser = Client()
    for _ in range(30):
        assert guesser.get("/verify/AAAA-BBBB-CCCC/").status_code == 404
    assert guesser.get(f"/verify/{paper.code}/").status_code == 429


def moved(study: Study, zone: str) -> Study:
    """The study of a clinic whose time zone was corrected."""
    Clinic.objects.filter(pk=study.clinic_id).update(time_zone=zone)
    return Study.objects.select_related("patient", "clinic").get(pk=study.pk)


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/St_Johns"])
def test_a_clinic_that_corrects_its_time_zone_keeps_its_papers(paper: Report, cast: Cast, zone: str) -> None:
    study = moved(paper.study, zone)
    assert report.check(paper.code).stands == "holds"
    assert report.issue(study=study, actor=cast.doctor, address=place) == paper


@pytest.mark.parametrize("later", [{"birth_date": "1961-05"}, {"sex": "female"}, {"last_name": "Other"}])
def test_a_corrected_detail_of_the_patient_makes_it_out_of_date(
    paper: Report, cast: Cast, later: dict[str, str]
) -> None:
    Patient.objects.filter(pk=paper.study.patient_id).update(**later)
    assert report.check(paper.code).stands == "outdated"


def test_a_paper_from_before_whose_fingerprint_is_of_its_print_holds_and_is_found_out(
    paper: Report, cast: Cast
) -> None:
    study = moved(paper.study, "Europe/Vienna")
    made_from = facts.signed(study)
    with timezone.override("Europe/Vienna"):
        printed = {
            "reviews": [str(review.public_id) for review in made_from.reviews],
            "films": [str(scan.public_id) for _, scan in made_from.films],
            "patient": facts.of_patient(study),
        }
    says = hashlib.sha256(json.dumps(printed, sort_keys=True).encode()).hexdigest()
    QuerySet.update(Report.objects.filter(pk=paper.pk), says=says)
    assert report.check(paper.code).stands == "holds"
    assert report.issue(study=study, actor=cast.doctor, address=place) == paper
    moved(study, "Asia/Tokyo")
    assert report.check(paper.code).stands == "holds"
    Patient.objects.filter(pk=study.patient_id).update(last_name="Other")
    assert report.check(paper.code).stands == "outdated"


def compared(content: bytes, code: str = "") -> tuple[int, str]:
    digest = hashlib.sha256(content).hexdigest().upper()
    answer = Client().get("/verify/", {"sha256": f" {digest}", "code": code})
    return answer.status_code, answer.content.decode()


def test_a_file_is_compared_with_what_was_issued(paper: Report, cast: Cast) -> None:
    content = (Path(settings.DATA_DIR) / paper.file).read_bytes()
    status, text = compared(content)
    assert status == 200
    assert "byte for byte" in text
    assert paper.code in text
    assert "NUMBER-4711" not in text
    status, text = compared(content + b"\n", paper.code)
    assert status == 404
    assert "differs from the document" in text
    status, text = compared(b"%PDF-1.7 of somebody else")
    assert status == 404
    assert "was not issued here" in text
    sign(paper.study.scans.get(), cast.colleague, "normal")
    issued(paper.study, cast.doctor)
    assert "Replaced" in compared(content)[1]
