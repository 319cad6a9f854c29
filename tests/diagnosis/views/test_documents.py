"""A report as a document: from the study's page, from the worklist as one file, by its clinic alone."""

import io
import zipfile

import pytest
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import Report, ReportState, Study
from diagnosis.services import report
from tests.conftest import Cast
from tests.diagnosis.services.report.papers import pages_of, sign
from tests.films import analysed_scan


@pytest.fixture
def study(cast: Cast) -> Study:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sign(scan, cast.doctor)
    return Study.objects.get(pk=scan.study_id)


def made(client: Client, study: Study) -> Report:
    answer = client.post(f"/studies/{study.public_id}/report/document/")
    report.make_due(seconds=30)
    found = Report.objects.filter(study=study).latest("pk")
    assert answer.headers["Location"] == f"/reports/{found.public_id}/"
    return found


def test_a_doctor_has_it_made_and_saves_it_and_both_are_on_record(doctor: Client, study: Study) -> None:
    assert (
        f"/studies/{study.public_id}/report/document/"
        in doctor.get(f"/studies/{study.public_id}/").content.decode()
    )
    found = made(doctor, study)
    assert "Save the PDF" in doctor.get(f"/reports/{found.public_id}/").content.decode()
    answer = doctor.get(f"/reports/{found.public_id}/file/")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "FINAL" in pages_of(answer.content)[0]
    assert found.code in answer.headers["Content-Disposition"]
    told = AuditEvent.objects.filter(study_id=str(study.public_id)).values_list("action", flat=True)
    assert {"report.asked", "report.issued", "report.downloaded"} <= set(told)
    assert "fetched the report (final)" in doctor.get(f"/studies/{study.public_id}/").content.decode()


def test_somebody_sees_that_it_failed_and_presses_the_button(doctor: Client, study: Study) -> None:
    found = made(doctor, study)
    Report.objects.filter(pk=found.pk).update(
        state=ReportState.FAILED, reason="The disk was full.", sha256="", file=""
    )
    page = doctor.get(f"/reports/{found.public_id}/").content.decode()
    assert "The disk was full." in page
    assert "Make it again" in page
    doctor.post(f"/reports/{found.public_id}/retry/")
    report.make_due(seconds=30)
    assert "Save the PDF" in doctor.get(f"/reports/{found.public_id}/").content.decode()


def test_a_stranger_finds_nothing(doctor: Client, study: Study, cast: Cast) -> None:
    found = made(doctor, study)
    stranger = Client()
    stranger.force_login(cast.stranger)
    for address in (f"/reports/{found.public_id}/", f"/reports/{found.public_id}/file/"):
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"/studies/{study.public_id}/report/document/").status_code == 404
    stranger.post("/worklist/reports/", {"study": [str(study.public_id)]})
    assert not AuditEvent.objects.filter(action="report.downloaded").exists()


def test_several_come_as_one_file_once_each_is_made(doctor: Client, study: Study, cast: Cast) -> None:
    other = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=1)
    sign(other, cast.doctor, "normal", note="")
    chosen = {"study": [str(study.public_id), str(other.study.public_id)]}
    first = doctor.post("/worklist/reports/", chosen, follow=True)
    assert "2 of 2 are being made" in first.content.decode()
    report.make_due(seconds=30)
    answer = doctor.post("/worklist/reports/", chosen)
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == sorted(f"report-{one.code}.pdf" for one in Report.objects.all())
        assert all("FINAL" in pages_of(archive.read(name))[0] for name in archive.namelist())
    assert AuditEvent.objects.filter(action="report.downloaded").count() == 2


@pytest.mark.parametrize("chosen", [[], ["x"], ["7" * 99]])
def test_a_selection_of_nothing_is_told(doctor: Client, chosen: list[str]) -> None:
    page = doctor.post("/worklist/reports/", {"study": chosen}, follow=True)
    assert "Select signed studies first" in page.content.decode()


def test_one_that_is_not_signed_is_told_and_nothing_is_fetched(
    doctor: Client, study: Study, cast: Cast
) -> None:
    made(doctor, study)
    unsigned = analysed_scan(cast.clinic_a, cast.doctor, number="P-2", seed=1).study
    chosen = {"study": [str(study.public_id), str(unsigned.public_id)]}
    page = doctor.post("/worklist/reports/", chosen, follow=True).content.decode()
    assert "1 of 2 have none" in page


def test_a_draft_is_made_at_once_and_says_so(doctor: Client, cast: Cast) -> None:
    unsigned = analysed_scan(cast.clinic_a, cast.doctor).study
    assert "Draft PDF" in doctor.get(f"/studies/{unsigned.public_id}/").content.decode()
    answer = doctor.get(f"/studies/{unsigned.public_id}/report/draft/")
    assert "DRAFT: not signed." in pages_of(answer.content)[0]
    assert AuditEvent.objects.get(action="report.downloaded").facts == {"kind": "draft"}
