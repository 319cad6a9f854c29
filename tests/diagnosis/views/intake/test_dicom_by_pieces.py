"""DICOM films over a slow line: each arrives by pieces, and finds its own patient and study as ever."""

import pytest
from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import Scan, Study, Upload
from tests.conftest import Cast
from tests.diagnosis.views.intake.form import JSON
from tests.diagnosis.views.intake.pieces import address, sent_whole
from tests.diagnosis.views.intake.test_dicom import FILMS, dicom, parcel
from tests.diagnosis.views.pages import text_of
from tests.dicom_studies import dicom_film

pytestmark = pytest.mark.django_db


def test_a_film_is_filed_and_its_sender_told_whose_it_is(technician: Client, cast: Cast) -> None:
    arrived = sent_whole(technician, dicom_film())
    (said,) = technician.post(FILMS, {"uploads": arrived}, headers=JSON).json()["films"]
    study = Study.objects.get()
    assert (said["outcome"], said["name"]) == ("received", "film.png")
    assert f'href="/studies/{study.public_id}/"' in said["study"]
    assert "Ada Phantom" in said["study"]
    looks = AuditEvent.objects.filter(action="list.viewed", actor__contains="technician")
    assert [event.facts["shown"] for event in looks] == [
        [f"patient:{study.patient.public_id}", f"study:{study.public_id}"]
    ]
    assert study.created_by == cast.technician
    assert Upload.objects.get().taken_at is not None


def test_a_zip_is_taken_apart_and_each_file_in_it_answered(technician: Client) -> None:
    arrived = sent_whole(technician, parcel().read())
    said = technician.post(FILMS, {"uploads": arrived}, headers=JSON).json()["films"]
    assert [line["outcome"] for line in said] == ["received", "held", "refused", "skipped"]
    assert [bool(line["study"]) for line in said] == [True, False, False, False]


def test_a_form_names_it_beside_its_own_files(technician: Client) -> None:
    arrived = sent_whole(technician, dicom_film(2, seed=1))
    page = technician.post(FILMS, {"uploads": arrived, "dicom": dicom()})
    assert "2 files: 2 received." in text_of(page)


def test_only_a_whole_film_of_ones_own_is_filed(technician: Client, doctor: Client) -> None:
    half = address(technician, 10).split("/")[2]
    theirs = sent_whole(doctor, dicom_film())
    for identifier in (half, theirs, "no identifier"):
        answer = technician.post(FILMS, {"uploads": identifier}, headers=JSON)
        assert answer.status_code == 410
        assert "Choose it again" in answer.json()["text"]
        assert "Choose it again" in text_of(technician.post(FILMS, {"uploads": identifier}, follow=True))
    assert not Scan.objects.exists()
