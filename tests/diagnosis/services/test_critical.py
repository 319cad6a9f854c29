"""A critical result is opened by a final signature and told of until somebody acknowledges it with a name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import SettingsWrapper

from accounts.audit import verify
from accounts.models import AuditEvent, Role, User
from diagnosis.models import (
    CriticalResult,
    PendingSignature,
    Scan,
    Study,
    Webhook,
    WebhookDelivery,
)
from diagnosis.services import critical, reading_rules, referrals, review, studies
from diagnosis.services.review import FilmWord, Structured, StudyWords
from tests.conftest import Cast, person
from tests.diagnosis.reading_clinics import reading_clinic
from tests.diagnosis.views.test_first_reads import wanted
from tests.films import analysed_scan

pytestmark = pytest.mark.django_db
Escalated = Callable[[], list[str]]


@pytest.fixture
def scan(cast: Cast) -> Scan:
    scan = analysed_scan(cast.clinic_a, cast.technician)
    studies.update_study(study=scan.study, actor=cast.technician, urgent=True)
    return scan


def words_on(scan: Scan, finding: str = "pneumonia", **more: object) -> StudyWords:
    result, last = scan.predictions.get(), scan.reviews.order_by("-id").first()
    film = FilmWord(
        scan=scan.public_id, prediction=result.public_id, told=result.told_finding,
        last=last.public_id if last else None, read=last is not None,
    )  # fmt: skip
    return replace(StudyWords(films=(film,), finding=finding), **more)  # type: ignore[arg-type]


def sign(scan: Scan, doctor: User, finding: str = "pneumonia", **more: object) -> None:
    review.sign_study(study=scan.study, doctor=doctor, words=words_on(scan, finding, **more))


def rule(cast: Cast, **chosen: object) -> None:
    wish = wanted(blind_first=False, **chosen)
    reading_rules.change(clinic=cast.clinic_a, by=cast.administrator, wanted=wish)


@pytest.fixture
def escalated(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Escalated:
    """Whom the next round mails, once its time has come."""

    def round_of() -> list[str]:
        mail.outbox.clear()
        CriticalResult.objects.exclude(next_at=None).update(next_at=timezone.now())
        with django_capture_on_commit_callbacks(execute=True):
            critical.escalate()
        return sorted(message.to[0].partition("@")[0] for message in mail.outbox)

    return round_of


def test_the_sender_hears_first_then_doctors_then_administrators(
    cast: Cast,
    scan: Scan,
    escalated: Escalated,
    settings: SettingsWrapper,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.PUBLIC_ADDRESS = "https://carina.example"
    with django_capture_on_commit_callbacks(execute=True):
        sign(scan, cast.doctor)
    assert [message.to for message in mail.outbox] == [[cast.technician.email]]
    text = mail.outbox[0].subject + mail.outbox[0].body
    assert f"https://carina.example/studies/{scan.study.public_id}/" in text
    assert not [word for word in ("P-1", "Ada", "Phantom", "neumonia") if word in text]
    assert critical.escalate() == 0, "not before its time"
    assert escalated() == ["colleague"], "not the doctor who signed"
    assert escalated() == ["administrator"]
    assert escalated() == ["doctor"], "who signed can call, where nobody there says that they know"
    assert escalated() == []
    told = AuditEvent.objects.filter(action__startswith="study.critical").values_list("facts", flat=True)
    assert [facts["to"] for facts in told] == [
        "the sender", "the clinic’s doctors", "the clinic’s administrators",
        "whoever signed it, as there is nobody else",
    ]  # fmt: skip
    assert list(verify()) == []


def test_each_round_without_an_acknowledgement_is_told_by_webhook(
    cast: Cast, scan: Scan, escalated: Escalated
) -> None:
    Webhook.objects.create(
        clinic=cast.clinic_a, address="https://receiver.example/", secret="x", made_by=cast.administrator,
        kinds=["critical_waiting"],
    )  # fmt: skip
    sign(scan, cast.doctor)
    assert not WebhookDelivery.objects.exists()
    for _ in range(5):
        escalated()
    told = WebhookDelivery.objects.values_list("kind", "study").order_by("id")
    assert list(told) == [("critical_waiting", scan.study.public_id)] * 3


def test_an_acknowledgement_with_a_name_ends_it(cast: Cast, scan: Scan, escalated: Escalated) -> None:
    sign(scan, cast.doctor)
    with pytest.raises(ValueError):
        critical.acknowledge(study=scan.study, by=cast.technician, name="  ")
    assert critical.acknowledge(study=scan.study, by=cast.technician, name=" told Dr Obi  by phone ")
    row = CriticalResult.objects.get()
    assert (row.is_open, row.acknowledged_by, row.acknowledged_name) == (
        None,
        cast.technician,
        "told Dr Obi by phone",
    )
    assert escalated() == []
    assert not critical.acknowledge(study=scan.study, by=cast.doctor, name="me"), "once"
    assert "Obi" not in str(AuditEvent.objects.get(action="study.critical_acknowledged").facts)


def test_nobody_of_another_clinic_acknowledges(cast: Cast, scan: Scan) -> None:
    sign(scan, cast.doctor)
    assert not critical.acknowledge(study=scan.study, by=cast.stranger, name="me")
    assert CriticalResult.objects.get().is_open


@pytest.mark.parametrize(
    ("urgent", "finding", "rules", "opened"),
    [
        (True, "pneumonia", {}, True),
        (True, "normal", {}, False),
        (False, "pneumonia", {}, False),
        (True, "pneumonia", {"critical_findings": ["covid19"]}, False),
        (True, "pneumonia", {"critical_minutes": 0}, False),
        (False, "pneumonia", {"critical_further": ["pneumothorax"]}, True),
        (False, "pneumonia", {"critical_further": ["nodule"]}, False),
    ],
)
def test_what_is_critical_is_the_clinics_rule(
    cast: Cast, scan: Scan, urgent: bool, finding: str, rules: dict[str, object], opened: bool
) -> None:
    rule(cast, **rules)
    studies.update_study(study=scan.study, actor=cast.doctor, urgent=urgent)
    further = [{"code": "pneumothorax", "side": "left", "text": ""}] if finding != "normal" else []
    sign(scan, cast.doctor, finding, structured=Structured(further=further))
    assert CriticalResult.objects.exists() == opened


def test_the_doctors_tick_opens_one_when_the_signature_is_final(cast: Cast, scan: Scan) -> None:
    words = words_on(scan, "normal", critical=True)
    review.press(study=scan.study, doctor=cast.doctor, words=words, typed={})
    assert not CriticalResult.objects.exists()
    PendingSignature.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    review.finalise_due()
    assert CriticalResult.objects.get().why == "ticked"


def test_a_tick_on_what_was_signed_before_opens_one_too(cast: Cast, scan: Scan) -> None:
    sign(scan, cast.doctor, "normal")
    assert critical.declare(study=scan.study, doctor=cast.doctor)
    assert not critical.declare(study=scan.study, doctor=cast.doctor), "one at once"
    assert not critical.declare(study=scan.study, doctor=cast.colleague), "who signed nothing"


def test_an_amended_note_alarms_nobody_again_and_a_new_finding_does(cast: Cast, scan: Scan) -> None:
    sign(scan, cast.doctor)
    sign(scan, cast.doctor, note="Left lower lobe.")
    assert CriticalResult.objects.count() == 1
    critical.acknowledge(study=scan.study, by=cast.technician, name="me")
    sign(scan, cast.doctor, note="Left upper lobe.")
    assert CriticalResult.objects.count() == 1
    sign(scan, cast.doctor, "covid19")
    assert CriticalResult.objects.filter(is_open=True).count() == 1


def test_a_study_that_came_by_itself_is_told_to_the_doctors_at_once(
    cast: Cast, scan: Scan, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    Study.objects.update(created_by=None)
    with django_capture_on_commit_callbacks(execute=True):
        sign(scan, cast.doctor)
    assert [message.to for message in mail.outbox] == [[cast.colleague.email]]
    assert mail.outbox[0].subject == "[Carina] A critical result was signed"


def test_a_cancelled_study_still_has_to_be_heard_of(cast: Cast, scan: Scan, escalated: Escalated) -> None:
    sign(scan, cast.doctor)
    studies.cancel_study(study=scan.study, actor=cast.doctor, reason="Entered twice")
    assert escalated() == ["colleague"]


def test_a_doctor_who_sent_it_is_told_once_and_the_next_in_their_place(
    cast: Cast, scan: Scan, escalated: Escalated
) -> None:
    Study.objects.update(created_by=cast.colleague)
    sign(scan, cast.doctor)
    assert escalated() == ["administrator"], "the only other doctor knows already"


def test_in_a_clinic_with_nobody_to_tell_those_who_read_it_are_told_at_once(
    cast: Cast, scan: Scan, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    hub = reading_clinic(cast)
    colleague = person("second@hub.example", hub.clinic, Role.DOCTOR)
    referrals.ask(study=scan.study, by=cast.technician, agreement=hub.agreement)
    User.objects.filter(clinic=cast.clinic_a).update(is_active=False)
    sign(scan, hub.doctor)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert critical.escalate() == 1
    assert {letter.to[0] for letter in mail.outbox} == {hub.doctor.email, colleague.email}
    assert "acknowledged by nobody" in mail.outbox[0].body


def test_what_was_opened_is_told_on_where_the_clinic_keeps_no_new_ones(
    cast: Cast, scan: Scan, escalated: Escalated
) -> None:
    sign(scan, cast.doctor)
    rule(cast, critical_minutes=0)
    assert [escalated(), escalated()] == [["colleague"], ["administrator"]]


def test_one_is_not_acknowledged_by_whoever_has_seen_another(cast: Cast, scan: Scan) -> None:
    sign(scan, cast.doctor)
    seen = str(CriticalResult.objects.get().public_id)
    critical.acknowledge(study=scan.study, by=cast.technician, name="me", result=seen)
    sign(scan, cast.doctor, "covid19")
    assert not critical.acknowledge(study=scan.study, by=cast.administrator, name="me", result=seen)
    assert CriticalResult.objects.filter(is_open=True).count() == 1
