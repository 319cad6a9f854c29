"""What holds on every page: no inline code, no foreign address, no claim of a diagnosis."""

import re

from django.test import Client

from diagnosis.models import Scan
from diagnosis.services import notice
from tests.conftest import Cast
from tests.diagnosis.views.pages import page_of
from tests.films import analysed_scan


def test_no_page_claims_a_diagnosis_or_addresses_the_patient(doctor: Client, cast: Cast) -> None:
    page = page_of(doctor, analysed_scan(cast.clinic_a, cast.doctor)).lower()
    assert "you have" not in page
    page = page.replace("a network’s result is not a diagnosis", "").replace("further diagnosis", "")
    assert "diagnosis" not in page


def test_pages_have_no_inline_scripts_styles_or_foreign_addresses(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    study, patient = scan.study.public_id, scan.study.patient.public_id
    notice.tell("question", study=scan.study, to=[cast.doctor])
    for address in (
        "/worklist/",
        "/studies/new/",
        "/studies/batch/",
        f"/studies/{study}/",
        f"/studies/{study}/edit/",
        f"/studies/{study}/report/",
        f"/patients/{patient}/",
        f"/patients/{patient}/edit/",
        "/notices/",
        "/notices/choices/",
    ):
        page = doctor.get(address).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), address
        assert not re.search(r'(src|href)="(https?:)?//', page), address


def test_markup_in_names_and_notes_stays_text(doctor: Client, cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    hostile = "<script>alert(1)</script>"
    Scan.objects.filter(pk=scan.pk).update(original_name=hostile)
    type(scan.study.patient).objects.update(first_name=hostile)
    doctor.post(
        f"/scans/{scan.public_id}/review/",
        {"prediction": str(scan.predictions.get().public_id), "decision": "agree", "note": hostile},
    )
    notice.tell("question", study=scan.study, to=[cast.doctor])
    for address in (
        f"/studies/{scan.study.public_id}/",
        f"/studies/{scan.study.public_id}/report/",
        "/worklist/",
        "/notices/",
    ):
        assert hostile not in doctor.get(address).content.decode()
