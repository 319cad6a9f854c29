"""The pages of a study that another clinic reads: what each side is shown, and what it can do there."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Clinic
from diagnosis.imaging.report.document import from_json, to_json
from diagnosis.models import ReadingRules, Referral, Scan, Study
from diagnosis.services import referrals
from diagnosis.services.report import facts
from tests.conftest import Cast
from tests.diagnosis.reading_clinics import Hub, reading_clinic, signed_in
from tests.diagnosis.views.pages import text_of
from tests.diagnosis.views.test_signing import sign, time_is_over
from tests.films import analysed_scan, queued_scan

TAB = "/worklist/?tab=referred"


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


def page(scan: Scan, end: str = "") -> str:
    return f"/studies/{scan.study.public_id}/{end}"


def ask(cast: Cast, hub: Hub, scan: Scan) -> Referral:
    sent = {"agreement": str(hub.agreement.public_id), "question": "Is the heart large?"}
    told = text_of(signed_in(cast.technician).post(page(scan, "refer/"), sent, follow=True))
    assert "District hospital is asked to read this study." in told
    return Referral.objects.get(study=scan.study)


def test_the_reading_doctor_finds_it_in_the_list_with_its_clinic_and_signs_it(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    reader = signed_in(hub.doctor)
    assert reader.get(page(scan)).status_code == 404
    ask(cast, hub, scan)
    listed = text_of(reader.get(TAB))
    assert cast.clinic_a.name in listed
    assert "P-1" in listed
    assert "P-1" not in text_of(reader.get("/worklist/"))
    shown = text_of(reader.get(page(scan)))
    assert f"Referred by {cast.clinic_a.name}" in shown
    assert "Is the heart large?" in shown
    for absent in ("Add another film", "Ask for a second reader", "This study was entered twice", "History"):
        assert absent not in shown
    assert sign(reader, scan).status_code == 302
    time_is_over()
    returned = text_of(reader.get(page(scan)))
    assert Study.objects.get(pk=scan.study_id).state == "reviewed"
    assert Referral.objects.get().returned_at is not None
    assert "Read and returned" in returned
    assert "P-1" not in text_of(reader.get(TAB))


def test_the_list_is_narrowed_by_clinic(cast: Cast, hub: Hub, scan: Scan) -> None:
    ask(cast, hub, scan)
    reader = signed_in(hub.doctor)
    assert "P-1" in text_of(reader.get(f"{TAB}&clinic={cast.clinic_a.public_id}"))
    assert "P-1" in text_of(reader.get(f"{TAB}&q=P-1"))
    assert "P-1" not in text_of(reader.get(f"{TAB}&q=P-2")).replace("“P-2”", "")
    assert "A filter could not be understood" in text_of(reader.get(f"{TAB}&clinic=nobody"))


def test_of_the_patient_only_what_was_taken_before_is_shown(cast: Cast, hub: Hub, scan: Scan) -> None:
    now = timezone.now()
    Study.objects.filter(pk=scan.study_id).update(taken_at=now - timedelta(days=1))
    others = [analysed_scan(cast.clinic_a, cast.technician, seed=seed).study for seed in (3, 4)]
    for study, days in zip(others, (9, 0), strict=True):
        Study.objects.filter(pk=study.pk).update(
            patient=scan.study.patient, taken_at=now - timedelta(days=days)
        )
    ask(cast, hub, scan)
    reader = signed_in(hub.doctor)
    before, after = (reader.get(f"/studies/{study.public_id}/").status_code for study in others)
    assert (before, after) == (200, 404)
    assert reader.post(f"/studies/{others[0].public_id}/sign/", {"finding": "normal"}).status_code == 404
    assert reader.get(f"/patients/{scan.study.patient.public_id}/").status_code == 404
    hub.end()
    assert reader.get(f"/studies/{others[0].public_id}/").status_code == 404


def test_what_is_shown_elsewhere_is_on_the_record_of_the_clinic_that_took_it(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    ask(cast, hub, scan)
    reader = signed_in(hub.doctor)
    reader.get(TAB)
    reader.get(page(scan))
    looks = AuditEvent.objects.filter(actor=hub.doctor.email, action__in=("list.viewed", "study.viewed"))
    assert {(event.action, event.clinic_id) for event in looks} == {
        ("list.viewed", cast.clinic_a.pk),
        ("study.viewed", cast.clinic_a.pk),
    }


def test_declined_with_a_reason_it_is_gone_and_the_sender_reads_why(
    cast: Cast, hub: Hub, scan: Scan, technician: Client
) -> None:
    referral, reader = ask(cast, hub, scan), signed_in(hub.doctor)
    address = f"/referrals/{referral.public_id}/decline/"
    assert "Say why" in text_of(reader.post(address, {"reason": ""}, follow=True))
    reader.post(address, {"reason": "The film is too dark."})
    assert reader.get(page(scan)).status_code == 404
    again = text_of(reader.post(address, {"reason": "Twice"}, follow=True))
    assert "This is over already: declined." in again
    told = text_of(technician.get(page(scan)))
    assert "Declined" in told
    assert "The film is too dark." in told
    assert "P-1" not in text_of(reader.get("/referrals/"))


def test_a_question_goes_back_and_its_answer_returns(
    cast: Cast, hub: Hub, scan: Scan, technician: Client
) -> None:
    referral, reader = ask(cast, hub, scan), signed_in(hub.doctor)
    reader.post(f"/referrals/{referral.public_id}/question/", {"question": "Is there a lateral view?"})
    assert "Is there a lateral view?" in text_of(technician.get(page(scan)))
    inquiry = referral.inquiries.get()
    told = technician.post(f"/inquiries/{inquiry.public_id}/answer/", {"answer": "No."}, follow=True)
    assert "Your answer is sent." in text_of(told)
    assert "answers: No." in text_of(reader.get(page(scan)))


def test_after_the_end_what_was_read_is_readable_and_nothing_can_be_done(
    cast: Cast, hub: Hub, scan: Scan
) -> None:
    ask(cast, hub, scan)
    Referral.objects.update(
        read_at=timezone.now(), returned_at=timezone.now(), state="returned", is_open=None
    )
    hub.end()
    reader = signed_in(hub.doctor)
    shown = text_of(reader.get(page(scan)))
    assert "Ask Clinic A a question" not in shown
    assert reader.post(page(scan, "sign/"), {"finding": "normal"}).status_code == 404


def test_first_words_before_the_answer_bind_the_reading_doctor_too(cast: Cast, hub: Hub, scan: Scan) -> None:
    ReadingRules.objects.create(clinic=cast.clinic_a, blind_first=True, blind_since=timezone.now())
    ask(cast, hub, scan)
    shown = text_of(signed_in(hub.doctor).get(page(scan)))
    assert "I cannot say" in shown  # the page of the first word
    prediction = scan.predictions.get()
    heatmap = signed_in(hub.doctor).get(f"/predictions/{prediction.public_id}/heatmap/")
    assert heatmap.status_code == 404


def test_nobody_is_asked_where_no_agreement_counts(cast: Cast, scan: Scan, technician: Client) -> None:
    assert "Ask another clinic to read it" not in text_of(technician.get(page(scan)))
    told = text_of(technician.post(page(scan, "refer/"), {"agreement": "nonsense"}, follow=True))
    assert "Choose which clinic should read the study." in told


def test_outside_their_hours_the_sender_is_told_when_somebody_reads_again(
    cast: Cast, hub: Hub, scan: Scan, technician: Client
) -> None:
    now = timezone.now().astimezone(hub.clinic.zone)
    hub.agreement.hours_from = (now + timedelta(hours=2)).time()
    hub.agreement.hours_to = (now + timedelta(hours=3)).time()
    hub.agreement.save()
    assert "District hospital (reads again from" in text_of(technician.get(page(scan)))
    ask(cast, hub, scan)
    assert "Nobody reads there at this hour." in text_of(technician.get(page(scan)))
    reader = signed_in(hub.doctor)
    sign(reader, scan)
    time_is_over()
    reader.get(page(scan))
    assert "Nobody reads there at this hour." not in text_of(technician.get(page(scan)))


def test_the_steps_are_listed_for_both_sides(cast: Cast, hub: Hub, scan: Scan, technician: Client) -> None:
    referral = ask(cast, hub, scan)
    referrals.accept(referral=referral, by=hub.doctor)
    for client in (technician, signed_in(hub.doctor)):
        told = text_of(client.get("/referrals/"))
        assert "District hospital asked" in told
        assert "accepted" in told


def test_a_study_that_is_still_analysed_is_listed_for_the_reader(cast: Cast) -> None:
    hub = reading_clinic(cast, covers="all")
    queued_scan(cast.clinic_a, cast.technician)
    assert referrals.refer_covered() == 1
    assert "Being analysed" in text_of(signed_in(hub.doctor).get(TAB))


def test_the_reading_doctor_can_have_the_report_as_a_document(cast: Cast, hub: Hub, scan: Scan) -> None:
    ask(cast, hub, scan)
    reader = signed_in(hub.doctor)
    assert "Draft PDF" in text_of(reader.get(page(scan)))
    assert reader.get(page(scan, "report/draft/")).headers["Content-Type"] == "application/pdf"


def test_the_report_carries_the_heads_of_both_clinics(
    cast: Cast, hub: Hub, scan: Scan, technician: Client
) -> None:
    Clinic.objects.filter(pk=hub.clinic.pk).update(address="1 Hospital Road\nMain Town")
    ask(cast, hub, scan)
    before = facts.document_of(scan.study, facts.signed(scan.study), status="DRAFT")
    assert (before.read_by, before.read_by_address) == ("", ())
    reader = signed_in(hub.doctor)
    sign(reader, scan)
    time_is_over()
    reader.get(page(scan))
    made = facts.document_of(scan.study, facts.signed(scan.study), status="FINAL")
    assert (made.clinic, made.read_by) == (cast.clinic_a.name, "District hospital")
    assert made.read_by_address == ("1 Hospital Road", "Main Town")
    assert from_json(to_json(made)) == made
    assert "Read by District hospital" in text_of(technician.get(page(scan, "report/")))


def test_words_that_cannot_be_kept_whole_are_refused_and_given_back(
    cast: Cast, hub: Hub, scan: Scan, technician: Client
) -> None:
    for typed, told in (("x" * 501, "Write at most 500 letters; these are 501."), ("a\u202eb", "")):
        sent = {"agreement": str(hub.agreement.public_id), "question": typed}
        shown = text_of(technician.post(page(scan, "refer/"), sent, follow=True))
        assert "You had written: " in shown
        assert told in shown
        assert not Referral.objects.exists()
    referral = ask(cast, hub, scan)
    reader = signed_in(hub.doctor)
    address = f"/referrals/{referral.public_id}/question/"
    assert "You had written: " in text_of(reader.post(address, {"question": "y" * 1001}, follow=True))
    assert not referral.inquiries.exists()
