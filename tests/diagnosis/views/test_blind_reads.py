"""A doctor reads a film blind: only films of their own that they have neither opened nor signed, once."""

import pytest
from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.models import ModelVersion, Review, Scan
from diagnosis.models.shadow import BlindRead
from diagnosis.services import blind_reads, candidates, report
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.films import analysed_scan, promoted
from tests.shadows import named_candidate, shadowed

PAGE = "/blind-reads/"


@pytest.fixture
def scan(cast: Cast) -> Scan:
    """A film of clinic A about which the two networks differ."""
    scan = analysed_scan(cast.clinic_a, cast.technician)
    shadowed(scan, named_candidate())
    return scan


def give(client: Client, scan: Scan, word: str = "covid19") -> str:
    return text_of(client.post(f"{PAGE}{scan.public_id}/word/", {"word": word}, follow=True))


def test_the_film_is_shown_without_name_or_result_and_the_word_is_kept(
    doctor: Client, scan: Scan, cast: Cast
) -> None:
    page = doctor.get(PAGE)
    told = page.content.decode()
    assert f"{PAGE}{scan.public_id}/film/" in told
    for word in ("Phantom", "P-1", "%", "Pathological", "test-network", str(scan.study.public_id)):
        assert word not in told.replace("100%", "")
    assert doctor.get(f"{PAGE}{scan.public_id}/film/").headers["Content-Type"] == "image/png"
    assert "Nothing to read blind" in give(doctor, scan), "no word about the networks afterwards either"
    read = BlindRead.objects.get()
    assert (read.doctor, read.word, read.shadow.scan) == (cast.doctor, "covid19", scan)
    event = AuditEvent.objects.get(action="scan.read_blind")
    assert (event.actor, event.study_id, event.facts) == (cast.doctor.email, str(scan.study.public_id), {})
    assert AuditEvent.objects.filter(action="scan.shown_blind", actor=cast.doctor.email).count() == 1


def test_the_history_does_not_tell_the_word(doctor: Client, scan: Scan) -> None:
    give(doctor, scan, "cannot_say")
    page = text_of(doctor.get(f"/studies/{scan.study.public_id}/"))
    assert "blind, for a comparison of networks" in page
    assert "annot say" not in page


def test_one_word_for_each_film(doctor: Client, scan: Scan) -> None:
    give(doctor, scan)
    assert "Nothing was noted" in give(doctor, scan, "normal")
    assert BlindRead.objects.get().word == "covid19"


def test_what_is_no_word_is_not_kept(doctor: Client, scan: Scan) -> None:
    assert "Choose what you see" in give(doctor, scan, "maybe")
    assert not BlindRead.objects.exists()


def test_whoever_opened_the_study_or_signed_in_it_is_not_asked(
    doctor: Client, scan: Scan, cast: Cast
) -> None:
    doctor.get(PAGE)
    doctor.get(f"/studies/{scan.study.public_id}/?open=1")
    assert "Nothing was noted" in give(doctor, scan), "opened meanwhile"
    assert "Nothing to read blind" in text_of(doctor.get(PAGE))
    assert doctor.get(f"{PAGE}{scan.public_id}/film/").status_code == 404
    colleague = Client()
    colleague.force_login(cast.colleague)
    assert "What do you see?" in text_of(colleague.get(PAGE))
    Review.objects.create(scan=scan, doctor=cast.colleague, decision="read", finding="normal")
    assert "Nothing to read blind" in text_of(colleague.get(PAGE))


def test_a_study_opened_this_moment_is_opened_though_its_look_waits_for_the_chain(
    doctor: Client, scan: Scan, settings: SettingsWrapper
) -> None:
    settings.AUDIT_DEFER_LOOKS = True  # as it runs
    doctor.get(PAGE)
    doctor.get(f"/studies/{scan.study.public_id}/?open=1")
    assert not AuditEvent.objects.filter(action="study.viewed").exists()
    assert "Nothing was noted" in give(doctor, scan)
    audit.chain_looks()
    assert "Nothing was noted" in give(doctor, scan)


def test_another_clinics_doctor_and_who_is_no_doctor_get_nothing(
    stranger: Client, technician: Client, administrator: Client, scan: Scan
) -> None:
    assert "Nothing to read blind" in text_of(stranger.get(PAGE))
    assert stranger.post(f"{PAGE}{scan.public_id}/word/", {"word": "normal"}).status_code == 404
    for client in (technician, administrator):
        assert client.get(PAGE).status_code == 403
    assert not BlindRead.objects.exists()


@pytest.mark.parametrize("why", ["not drawn", "set aside", "cancelled", "no candidate", "another active"])
def test_films_that_are_not_asked_for_are_not_shown(doctor: Client, scan: Scan, why: str, cast: Cast) -> None:
    if why == "not drawn":
        other = analysed_scan(cast.clinic_a, cast.technician, seed=5)
        shadowed(other, ModelVersion.objects.get(candidate=True), to_read=False)
        Scan.objects.filter(pk=scan.pk).update(display="")
    elif why == "set aside":
        Scan.objects.update(set_aside_at=scan.received_at)
    elif why == "cancelled":
        type(scan.study).objects.update(cancelled_at=scan.received_at)
    elif why == "another active":
        promoted("2.0.0")
    else:
        candidates.end_candidate(model_version=ModelVersion.objects.get(candidate=True), actor="test")
    assert "Nothing to read blind" in text_of(doctor.get(PAGE))


def test_the_menu_leads_there_while_a_network_is_tried(
    doctor: Client, technician: Client, scan: Scan, settings: SettingsWrapper
) -> None:
    assert PAGE in doctor.get("/worklist/").content.decode()
    assert PAGE not in technician.get("/worklist/").content.decode()
    ModelVersion.objects.update(candidate=None)
    assert PAGE not in doctor.get("/worklist/").content.decode()


def test_whoever_fetched_the_report_has_read_the_answer(doctor: Client, scan: Scan, cast: Cast) -> None:
    assert blind_reads.is_open(doctor=cast.doctor, scan=scan)
    report.draft(study=scan.study, reader=cast.doctor)
    looks = AuditEvent.objects.filter(actor=cast.doctor.email, study_id=str(scan.study.public_id))
    assert [event.action for event in looks] == ["report.downloaded"]
    assert not blind_reads.is_open(doctor=cast.doctor, scan=scan)
    assert blind_reads.is_open(doctor=cast.colleague, scan=scan)
    assert "Nothing to read blind" in text_of(doctor.get(PAGE))
