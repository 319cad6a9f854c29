"""What happens to a study tells those who wait for it: its doctors, or whoever sent it."""

import pytest
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import SettingsWrapper

from accounts.models import User
from diagnosis.models import Notice, NoticeKind, Scan, SecondReading, Study
from diagnosis.services import lifecycle, notice, referrals, review, studies, worklist
from diagnosis.services.notice import Choice
from tests.conftest import Cast
from tests.diagnosis.reading_clinics import reading_clinic
from tests.diagnosis.services.review.pressing import press, time_is_over
from tests.films import analysed_scan, predict, queued_scan, refused_scan

Commits = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)


def told_to(person: User) -> list[tuple[str, str]]:
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("kind", "detail"))


def test_an_urgent_study_is_told_to_its_doctors_once_it_can_be_read(cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.technician)
    Study.objects.filter(pk=scan.study_id).update(urgent=True)
    scan.study.refresh_from_db()
    worklist.refresh(scan.study)
    assert not Notice.objects.exists(), "it is being analysed"
    predict(scan)
    worklist.refresh(scan.study)
    for person in (cast.doctor, cast.colleague):
        assert told_to(person) == [("urgent_waiting", "")]
    for person in (cast.technician, cast.administrator, cast.stranger, cast.waiting_doctor):
        assert told_to(person) == []


def test_a_study_that_becomes_urgent_later_is_told_and_one_that_is_not_never(cast: Cast, scan: Scan) -> None:
    assert told_to(cast.doctor) == []
    studies.update_study(study=scan.study, actor=cast.technician, urgent=True)
    assert told_to(cast.doctor) == [("urgent_waiting", "")]


def test_an_urgent_film_that_was_refused_is_told_too(cast: Cast) -> None:
    refused = refused_scan(cast.clinic_a, cast.technician)
    Study.objects.filter(pk=refused.study_id).update(urgent=True)
    assert lifecycle.set_aside(scan=refused, actor=cast.doctor)
    assert lifecycle.take_back(scan=refused, actor=cast.doctor)
    assert told_to(cast.doctor) == [("urgent_waiting", "")]


def test_a_signed_study_waits_for_nobody_any_more(cast: Cast, scan: Scan) -> None:
    studies.update_study(study=scan.study, actor=cast.technician, urgent=True)
    assert notice.unread(cast.colleague) == 1
    time_is_over(press(scan.study, cast.doctor))
    review.finalise_due()
    assert notice.unread(cast.colleague) == 0


def test_an_urgent_study_that_opens_again_is_told_again_once(cast: Cast, scan: Scan) -> None:
    studies.update_study(study=scan.study, actor=cast.technician, urgent=True)
    time_is_over(press(scan.study, cast.doctor))
    review.finalise_due()
    another = analysed_scan(cast.clinic_a, cast.technician, seed=9)
    Scan.objects.filter(pk=another.pk).update(study=scan.study)
    study = Study.objects.get(pk=scan.study_id)
    for _ in range(2):
        worklist.refresh(study)
    assert notice.unread(cast.colleague) == 1
    assert [kind for kind, _ in told_to(cast.colleague)] == ["urgent_waiting"] * 2


def test_a_reading_clinic_is_told_again_of_an_urgent_study_that_it_is_given_again(
    cast: Cast, scan: Scan
) -> None:
    hub = reading_clinic(cast, covers="all")
    studies.update_study(study=scan.study, actor=cast.technician, urgent=True)
    referrals.refer_covered()
    assert told_to(hub.doctor) == [("urgent_waiting", "")]
    time_is_over(press(scan.study, hub.doctor))
    review.finalise_due()
    another = analysed_scan(cast.clinic_a, cast.technician, seed=9)
    Scan.objects.filter(pk=another.pk).update(study=scan.study)
    worklist.refresh(Study.objects.get(pk=scan.study_id))
    referrals.refer_covered()
    assert told_to(hub.doctor) == [("urgent_waiting", "")] * 2


def test_the_sender_is_told_of_a_signature_once_it_can_not_be_undone(
    cast: Cast, scan: Scan, settings: SettingsWrapper
) -> None:
    settings.CARINA_UNDO_SECONDS = 10
    signature = press(scan.study, cast.doctor, "normal")
    review.finalise_due()
    assert told_to(cast.technician) == []
    time_is_over(signature)
    review.finalise_due()
    review.finalise_due()
    assert told_to(cast.technician) == [("reading_signed", "")]
    assert told_to(cast.doctor) == []


def test_an_undone_signature_is_told_to_nobody(cast: Cast, scan: Scan, settings: SettingsWrapper) -> None:
    settings.CARINA_UNDO_SECONDS = 10
    review.take_back(signature=press(scan.study, cast.doctor), doctor=cast.doctor)
    review.finalise_due()
    assert not Notice.objects.exists()


def test_an_urgent_or_abnormal_reading_is_mailed_at_once_and_a_correction_is_told_anew(
    cast: Cast, scan: Scan, settings: SettingsWrapper, django_capture_on_commit_callbacks: Commits
) -> None:
    settings.CARINA_UNDO_SECONDS = 0
    with django_capture_on_commit_callbacks(execute=True):
        press(scan.study, cast.doctor, "normal")
    assert mail.outbox == [], "a normal one waits in the portal"
    with django_capture_on_commit_callbacks(execute=True):
        press(scan.study, cast.colleague, "pneumonia")
    assert told_to(cast.technician) == [("reading_signed", ""), ("reading_signed", "abnormal anew")]
    [letter] = mail.outbox
    assert letter.to == [cast.technician.email]
    assert "signed anew" in letter.subject
    assert "Open it at once" in letter.body
    for secret in ("abnormal", "neumonia", scan.study.patient.number, "Phantom"):
        assert secret not in letter.subject + letter.body


def test_a_correction_is_told_as_one_where_the_first_notice_is_gone(
    cast: Cast, scan: Scan, settings: SettingsWrapper
) -> None:
    settings.CARINA_UNDO_SECONDS = 0
    press(scan.study, cast.doctor, "normal")
    assert told_to(cast.technician) == [("reading_signed", "")]
    Notice.objects.all().delete()
    press(scan.study, cast.colleague, "pneumonia")
    assert told_to(cast.technician) == [("reading_signed", "abnormal anew")]


def test_whoever_signs_their_own_study_is_not_told(cast: Cast) -> None:
    own = analysed_scan(cast.clinic_a, cast.doctor)
    review.sign_off(
        scan=own, prediction=own.predictions.get(), doctor=cast.doctor, decision="agree", finding=""
    )
    assert told_to(cast.doctor) == []


def test_a_second_reader_is_not_told_that_the_first_one_found_something(
    cast: Cast, scan: Scan, settings: SettingsWrapper
) -> None:
    settings.CARINA_UNDO_SECONDS = 0
    Study.objects.filter(pk=scan.study_id).update(created_by=cast.colleague)
    SecondReading.objects.create(
        clinic=cast.clinic_a,
        study=scan.study,
        why="named",
        asked_by=cast.doctor,
        asked_of=cast.colleague,
        first_doctor=cast.doctor,
    )
    press(scan.study, cast.doctor, "pneumonia")
    assert told_to(cast.colleague) == [("reading_signed", "")]


def test_a_refused_film_is_told_to_its_sender_in_the_portal_whatever_the_clinic_mails(
    cast: Cast, django_capture_on_commit_callbacks: Commits
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        refused_scan(cast.clinic_a, cast.technician)
    assert told_to(cast.technician) == [("film_refused", "lateral")]
    assert mail.outbox == []
    wanted = {NoticeKind.FILM_REFUSED: Choice(in_portal=False, by_mail=True)}
    notice.change(person=cast.technician, wanted=wanted)
    with django_capture_on_commit_callbacks(execute=True):
        refused_scan(cast.clinic_a, cast.technician, seed=1)
    assert len(mail.outbox) == 1, "the person's own word goes before the clinic's"
    assert notice.unread(cast.technician) == 1, "the first one"
