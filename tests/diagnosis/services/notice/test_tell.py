"""A person is told each thing once, as they chose: in the portal, by mail, or not at all."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import SettingsWrapper

from accounts import notices
from accounts.models import Approval, AuditEvent, User
from diagnosis.models import Notice, NoticeKind, Study
from diagnosis.services import notice
from diagnosis.services.notice import Choice
from tests.accounts.race import meets, needs_row_locks
from tests.conftest import Cast
from tests.films import analysed_scan

Commits = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def study(cast: Cast) -> Study:
    return analysed_scan(cast.clinic_a, cast.technician).study


def chooses(person: User, kind: str, *, in_portal: bool, by_mail: bool) -> bool:
    return notice.change(person=person, wanted={kind: Choice(in_portal, by_mail)})


def test_the_same_thing_is_told_once_and_another_thing_again(
    cast: Cast, study: Study, django_capture_on_commit_callbacks: Commits
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for about, told in (("one", 1), ("one", 0), ("two", 1)):
            assert notice.tell(NoticeKind.QUESTION, study=study, to=[cast.doctor], about=about) == told
    assert notice.unread(cast.doctor) == 2
    assert len(mail.outbox) == 1, "two things of one change are one mail"
    with django_capture_on_commit_callbacks(execute=True):
        assert notice.tell(NoticeKind.QUESTION, study=study, to=[cast.doctor], about="one") == 0
    assert len(mail.outbox) == 1


def test_each_person_is_told_in_the_way_they_chose(
    cast: Cast, study: Study, django_capture_on_commit_callbacks: Commits
) -> None:
    people = [cast.doctor, cast.colleague, cast.technician, cast.administrator]
    ways = [(True, True), (False, True), (True, False), (False, False)]
    for person, (in_portal, by_mail) in zip(people, ways, strict=True):
        chooses(person, NoticeKind.QUESTION, in_portal=in_portal, by_mail=by_mail)
    with django_capture_on_commit_callbacks(execute=True):
        assert notice.tell(NoticeKind.QUESTION, study=study, to=people) == 3
    assert [notice.unread(person) for person in people] == [1, 0, 1, 0]
    assert {letter.to[0] for letter in mail.outbox} == {cast.doctor.email, cast.colleague.email}
    assert len(mail.outbox) == 2


def test_whoever_has_no_access_any_more_is_told_nothing(
    cast: Cast, study: Study, django_capture_on_commit_callbacks: Commits
) -> None:
    with django_capture_on_commit_callbacks() as waiting:
        assert notice.tell(NoticeKind.QUESTION, study=study, to=[cast.refused_doctor, cast.doctor]) == 1
    User.objects.filter(pk=cast.doctor.pk).update(approval=Approval.REFUSED)
    for send in waiting:
        send()
    assert mail.outbox == []


def test_a_mail_names_nobody_and_links_to_the_study(
    cast: Cast, study: Study, settings: SettingsWrapper, django_capture_on_commit_callbacks: Commits
) -> None:
    for address, link in (
        ("https://carina.example", f"https://carina.example/studies/{study.public_id}/"),
        ("", f"Study {study.public_id}"),
    ):
        settings.PUBLIC_ADDRESS = address
        for kind in NoticeKind:
            mail.outbox.clear()
            chooses(cast.doctor, kind, in_portal=True, by_mail=True)
            detail = "abnormal" if kind == NoticeKind.READING_SIGNED else ""
            with django_capture_on_commit_callbacks(execute=True):
                notice.tell(kind, study=study, to=[cast.doctor], about=address, detail=detail)
            [letter] = mail.outbox
            text = letter.subject + letter.body
            assert link in text, kind
            patient = study.patient
            for secret in (patient.number, patient.first_name, patient.last_name, "abnormal"):
                assert secret not in text


def test_a_mail_that_cannot_be_sent_is_sent_later_once(
    cast: Cast, study: Study, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Commits
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patched, django_capture_on_commit_callbacks(execute=True):
        patched.setattr(notices, "send_mail", away)
        assert notice.tell(NoticeKind.QUESTION, study=study, to=[cast.doctor]) == 1
    assert mail.outbox == []
    assert notice.mail_due() == 0, "not before a while has passed"
    Notice.objects.update(mail_due_at=timezone.now() - timedelta(seconds=1))
    assert [notice.mail_due(), notice.mail_due()] == [1, 0]
    assert len(mail.outbox) == 1


def test_a_mail_whose_process_was_killed_is_sent_later(
    cast: Cast, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise SystemExit

    Notice.objects.create(
        study=study, clinic=cast.clinic_a, person=cast.doctor, kind="question", mail_due_at=timezone.now()
    )
    with monkeypatch.context() as patched:
        patched.setattr(notices, "send_mail", killed)
        with pytest.raises(SystemExit):
            notice.mail_due()
    assert notice.mail_due() == 0, "whoever took it may be sending it still"
    Notice.objects.exclude(mail_due_at=None).update(mail_due_at=timezone.now() - timedelta(seconds=1))
    assert [notice.mail_due(), notice.mail_due()] == [1, 0]
    assert len(mail.outbox) == 1


def test_addresses_that_are_refused_each_time_keep_nobody_else_from_their_mail(
    cast: Cast, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, sent = [cast.doctor.email, cast.colleague.email], notices.send_mail

    def refuse(subject: str, text: str, sender: None, to: list[str]) -> int:
        if to[0] in refused:
            raise smtplib.SMTPRecipientsRefused({to[0]: (550, b"unknown")})
        return sent(subject, text, sender, to)

    monkeypatch.setattr(notices, "send_mail", refuse)
    for person in (cast.doctor, cast.colleague, cast.technician):
        Notice.objects.create(
            study=study, clinic=cast.clinic_a, person=person, kind="question", mail_due_at=timezone.now()
        )
    for _ in refused:  # each time the pause after the last try of one of them is just over
        notice.mail_due()
        back = Notice.objects.filter(mail_due_at__gt=timezone.now())
        back.update(mail_due_at=timezone.now(), mailed_at=None)
    notice.mail_due()
    assert [letter.to for letter in mail.outbox] == [[cast.technician.email]]


def test_many_studies_are_one_mail_with_the_first_links(
    cast: Cast, django_capture_on_commit_callbacks: Commits
) -> None:
    studies = [analysed_scan(cast.clinic_a, cast.technician, seed=seed).study for seed in range(12)]
    with django_capture_on_commit_callbacks(execute=True):
        assert notice.tell_of_all(NoticeKind.URGENT_WAITING, studies=studies, to=[cast.doctor]) == 12
    [letter] = mail.outbox
    assert "12 urgent studies wait to be read" in letter.subject
    assert sum(str(study.public_id) in letter.body for study in studies) == notices.LINKS
    assert "2 more wait in the portal" in letter.body


def test_what_happens_to_many_studies_in_a_row_is_one_mail(
    cast: Cast, django_capture_on_commit_callbacks: Commits
) -> None:
    studies = [analysed_scan(cast.clinic_a, cast.technician, seed=seed).study for seed in range(3)]
    with django_capture_on_commit_callbacks(execute=True), notice.together():
        for one in studies:
            with django_capture_on_commit_callbacks(execute=True):
                notice.tell(NoticeKind.REFERRAL, study=one, to=[cast.doctor], detail="ended")
        assert mail.outbox == []
    [letter] = mail.outbox
    assert "nobody else reads 3 studies of yours any more" in letter.subject


@pytest.mark.parametrize(
    ("kind", "details", "told"),
    [
        ("referral", ["declined", "declined"], "Other clinics declined to read 2 studies of yours"),
        ("referral", ["declined", "accepted"], "2 notices about studies"),
        ("critical_waiting", ["new", "new"], "2 critical results were signed"),
        ("critical_waiting", ["late", "late"], "2 critical results are not acknowledged"),
        ("critical_waiting", ["new", "late"], "2 notices about studies"),
    ],
)
def test_the_subject_of_several_says_what_they_have_in_common(
    kind: str, details: list[str], told: str
) -> None:
    assert notice.subject([Notice(kind=kind, detail=detail) for detail in details]) == told


def test_what_a_person_leaves_as_usual_follows_the_rules_of_the_clinic(cast: Cast) -> None:
    usual = notice.choices_of(cast.technician)
    assert NoticeKind.URGENT_WAITING not in usual, "doctors alone read"
    assert not notice.change(person=cast.technician, wanted=usual)
    cast.clinic_a.mails_refusals = True
    cast.clinic_a.save(update_fields=["mails_refusals"])
    assert notice.choices_of(cast.technician)[NoticeKind.FILM_REFUSED].by_mail
    assert chooses(cast.technician, NoticeKind.FILM_REFUSED, in_portal=True, by_mail=False)
    assert not notice.choices_of(cast.technician)[NoticeKind.FILM_REFUSED].by_mail
    event = AuditEvent.objects.get(action="user.notices_chosen")
    assert event.facts["chosen"] == {"film_refused": "portal"}


def test_opening_a_study_or_its_end_marks_its_notices_read(cast: Cast, study: Study) -> None:
    other = analysed_scan(cast.clinic_a, cast.technician, seed=1).study
    people = [cast.doctor, cast.colleague]
    for each in (study, other):
        notice.tell(NoticeKind.OVERDUE, study=each, to=people)
        notice.tell(NoticeKind.QUESTION, study=each, to=people)
    notice.seen(cast.doctor, study)
    assert [notice.unread(person) for person in people] == [2, 4]
    notice.over(study, [NoticeKind.OVERDUE])
    assert [notice.unread(person) for person in people] == [2, 3]
    assert notice.mark_read(cast.doctor) == 2
    assert [notice.unread(person) for person in people] == [0, 3]


def test_unread_notices_are_counted_up_to_a_bound(cast: Cast, study: Study) -> None:
    for number in range(notice.MANY + 20):
        Notice.objects.create(
            study=study, clinic=cast.clinic_a, person=cast.doctor, kind="question", about=str(number)
        )
    assert notice.unread(cast.doctor) == notice.MANY + 1


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_two_who_tell_the_same_at_once_tell_it_once(cast: Cast, study: Study) -> None:
    people = [cast.doctor, cast.colleague]

    def tell() -> int:
        with transaction.atomic():
            return notice.tell(NoticeKind.QUESTION, study=study, to=reversed(people))

    [told] = meets(lambda: notice.tell(NoticeKind.QUESTION, study=study, to=people), tell)
    assert told == 0
    assert Notice.objects.count() == 2
    assert len(mail.outbox) == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_mail_at_once_mail_once(cast: Cast, study: Study) -> None:
    with transaction.atomic():
        notice.tell(NoticeKind.QUESTION, study=study, to=[cast.doctor])
    Notice.objects.update(mail_due_at=timezone.now(), mailed_at=None)
    mail.outbox.clear()
    if connection.vendor == "mysql":
        assert meets(notice.mail_due, notice.mail_due) == [0]
    else:
        notice.mail_due()
        notice.mail_due()
    assert len(mail.outbox) == 1
