"""Studies that wait too long are marked, counted in the title, and mailed once: a link, no name."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent
from diagnosis import tasks
from diagnosis.models import Notice, Scan, Study
from diagnosis.services import notice, overdue, reading_rules, webhooks, worklist
from tests.conftest import Cast
from tests.diagnosis.views.pages import text_of
from tests.diagnosis.views.test_first_reads import wanted
from tests.films import analysed_scan


@pytest.fixture
def scan(cast: Cast) -> Scan:
    rules = wanted(blind_first=False, mails_overdue=True)
    reading_rules.change(clinic=cast.clinic_a, by=cast.administrator, wanted=rules)
    return analysed_scan(cast.clinic_a, cast.technician)


def waits(scan: Scan, minutes: int, *, urgent: bool = False) -> None:
    since = timezone.now() - timedelta(minutes=minutes)
    Study.objects.filter(pk=scan.study_id).update(created_at=since, urgent=urgent)


@pytest.mark.parametrize(
    ("minutes", "urgent", "late"), [(29, True, 0), (31, True, 1), (239, False, 0), (241, False, 1)]
)
def test_the_minutes_are_those_of_the_clinic_by_urgency(
    doctor: Client, scan: Scan, minutes: int, urgent: bool, late: int
) -> None:
    waits(scan, minutes, urgent=urgent)
    page = doctor.get("/worklist/")
    assert page.content.decode().count("chip-overdue") == late
    assert ("<title>(1 overdue) Worklist" in page.content.decode()) == bool(late)


def test_doctors_are_mailed_once_with_a_link_and_no_name(
    cast: Cast,
    scan: Scan,
    settings: SettingsWrapper,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.PUBLIC_ADDRESS = "https://carina.example"
    waits(scan, 241)
    for times in (1, 0):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            assert overdue.tell_doctors() == times
        assert len(mail.outbox) == 2 * times, "doctor and colleague"
    assert AuditEvent.objects.filter(action="study.overdue").count() == 1
    assert overdue.tell_doctors() == 0


def test_the_mail_names_nobody(
    cast: Cast,
    scan: Scan,
    settings: SettingsWrapper,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.PUBLIC_ADDRESS = "https://carina.example"
    waits(scan, 241)
    with django_capture_on_commit_callbacks(execute=True):
        overdue.tell_doctors()
    text = mail.outbox[0].subject + mail.outbox[0].body
    assert f"https://carina.example/studies/{scan.study.public_id}/" in text
    patient = scan.study.patient
    assert not [
        word for word in (patient.number, patient.last_name, patient.first_name) if word and word in text
    ]


def test_clinics_that_want_no_mail_and_signed_studies_get_none(
    cast: Cast, scan: Scan, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    waits(scan, 9999)
    Study.objects.update(state="reviewed", rank=6)
    assert overdue.tell_doctors() == 0
    Study.objects.update(state="to_review", rank=2)
    reading_rules.change(clinic=cast.clinic_a, by=cast.administrator, wanted=wanted(blind_first=False))
    with django_capture_on_commit_callbacks(execute=True):
        assert overdue.tell_doctors() == 1
    assert mail.outbox == []
    assert notice.unread(cast.doctor) == notice.unread(cast.colleague) == 1, "in the portal it is told"
    assert notice.unread(cast.technician) == notice.unread(cast.stranger) == 0
    reading_rules.change(
        clinic=cast.clinic_a, by=cast.administrator, wanted=wanted(blind_first=False, routine_minutes=0)
    )
    assert not overdue.overdue(cast.clinic_a.pk, cast.clinic_a.reading_rules).exists()


def test_the_list_says_so_in_words(doctor: Client, scan: Scan) -> None:
    waits(scan, 300)
    assert "Overdue 1 h" in text_of(doctor.get("/worklist/"))


def failing(monkeypatch: pytest.MonkeyPatch, study: Study) -> None:
    lock = worklist.lock

    def lock_all_but_one(key: int) -> Study:
        if key == study.pk:
            raise OperationalError("a lock was waited for too long")
        return lock(key)

    monkeypatch.setattr(worklist, "lock", lock_all_but_one)


def test_a_study_that_cannot_be_told_of_silences_no_other_one_of_its_clinic_or_of_others(
    cast: Cast, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    colleagues = analysed_scan(cast.clinic_a, cast.technician, seed=3)
    elsewhere = analysed_scan(cast.clinic_b, None, seed=4)
    for each in (scan, colleagues, elsewhere):
        waits(each, 241)
    failing(monkeypatch, scan.study)
    assert overdue.tell_doctors() == 2
    told = Notice.objects.filter(kind="overdue").values_list("person__email", "study")
    assert (cast.doctor.email, colleagues.study_id) in told
    assert (cast.stranger.email, elsewhere.study_id) in told


def test_webhooks_that_fail_keep_nobody_from_being_told_or_mailed(
    cast: Cast, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> None:
        raise OperationalError("the table is being altered")

    monkeypatch.setattr(webhooks, "earliest_wanting", broken)
    waits(scan, 241)
    Notice.objects.create(
        study=scan.study, clinic=cast.clinic_a, person=cast.technician, kind="question",
        mail_due_at=timezone.now(),
    )  # fmt: skip
    tasks.tell_of_overdue()
    assert notice.unread(cast.doctor) == 1
    assert [cast.technician.email] in [letter.to for letter in mail.outbox]
