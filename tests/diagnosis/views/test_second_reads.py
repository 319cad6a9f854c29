"""A second reader is asked by name or rule, reads blind to the first; a third decides where they differ."""

import pytest
from django.test import Client

from accounts.models import AuditEvent, Role
from diagnosis.models import FirstRead, Scan, SecondReading, SecondState, Study
from diagnosis.services import reading_rules, report, review, second_reads
from tests.conftest import Cast, person
from tests.diagnosis.views.pages import text_of
from tests.diagnosis.views.test_first_reads import wanted
from tests.films import analysed_scan


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)  # the network tells pneumonia


def sign(scan: Scan, doctor: object, finding: str = "covid19") -> Study:
    review.sign_off(
        scan=scan, prediction=scan.predictions.get(), doctor=doctor, decision="change", finding=finding
    )  # type: ignore[arg-type]
    return Study.objects.get(pk=scan.study_id)


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
    return client


def address(scan: Scan, end: str = "") -> str:
    return f"/studies/{scan.study.public_id}/{end}"


def word(client: Client, scan: Scan, finding: str) -> str:
    return text_of(client.post(address(scan, "first-word/"), {"finding": finding}, follow=True))


def ask(doctor: Client, scan: Scan, cast: Cast) -> None:
    sign(scan, cast.doctor)
    sent = {"reader": str(cast.colleague.public_id)}
    assert "A second reader is asked" in text_of(
        doctor.post(address(scan, "second-reader/"), sent, follow=True)
    )


def test_the_second_reader_is_told_neither_word_nor_answer_until_their_own_is_given(
    doctor: Client, scan: Scan, cast: Cast
) -> None:
    ask(doctor, scan, cast)
    colleague = signed_in(cast.colleague)
    for path in (
        address(scan), address(scan, "report/"), address(scan, "report/draft/"),
        address(scan, "second-reader/"),
        "/worklist/", "/worklist/?finding=covid19", "/worklist/?second=on", "/worklist/?mine=on",
        f"/patients/{scan.study.patient.public_id}/",
    ):  # fmt: skip
        told = text_of(colleague.get(path))
        assert "changes the finding" not in told, path
        rows = told.partition("Waiting")[2] if path.startswith("/worklist") else told.partition("studies")[2]
        if "What do you see?" not in told:
            assert "COVID-19" not in rows, path
            assert "Pneumonia" not in rows, path
    assert "1 to read second" in text_of(colleague.get("/worklist/"))
    assert "waits for a second reader" in text_of(colleague.get("/worklist/?second=on")).lower()
    assert "Second reader agrees" not in word(colleague, scan, "covid19")
    reading = SecondReading.objects.get()
    assert (reading.state, reading.is_open) == (SecondState.AGREED, None)
    assert FirstRead.objects.get().stage == "second"
    assert "changes the finding" in text_of(colleague.get(address(scan)))
    events = AuditEvent.objects.filter(action__startswith="study.").values_list("action", flat=True)
    assert {"study.second_asked", "study.first_read", "study.second_read"} <= set(events)


def test_where_they_differ_a_third_sees_both_and_decides(doctor: Client, scan: Scan, cast: Cast) -> None:
    ask(doctor, scan, cast)
    word(signed_in(cast.colleague), scan, "normal")
    reading = SecondReading.objects.get()
    assert (reading.state, reading.is_open) == (SecondState.DIFFERS, True)
    third = person("third@a.example", cast.clinic_a, Role.DOCTOR)
    page = text_of(signed_in(third).get(address(scan)))
    assert "Two readers differ" in page
    assert "COVID-19" in page
    assert "Normal" in page
    assert second_reads.to_give(third).count() == 1
    assert not second_reads.to_give(cast.colleague).exists()
    sign(scan, cast.colleague, "normal")
    assert SecondReading.objects.get().is_open, "neither of the two settles it alone"
    sign(scan, third, "other")
    reading.refresh_from_db()
    assert (reading.state, reading.third_doctor, reading.third_finding) == ("settled", third, "other")


def test_until_then_there_is_only_a_draft_that_says_so(doctor: Client, scan: Scan, cast: Cast) -> None:
    ask(doctor, scan, cast)
    study = Study.objects.get(pk=scan.study_id)
    assert study.state == "reviewed", "the first signature stands"
    with pytest.raises(report.NotSigned, match="second reading is pending"):
        report.issue(study=study, actor=cast.doctor, address=lambda code: code)
    assert "second reading pending" in text_of(doctor.get(address(scan, "report/")))
    doctor.post(address(scan, "second-reader/withdraw/"))
    assert not second_reads.open_reading(study)
    report.issue(study=study, actor=cast.doctor, address=lambda code: code)


@pytest.mark.parametrize(
    ("rule", "finding", "why"),
    [
        ({"second_on_difference": True}, "covid19", "differs"),
        ({"second_share": 100}, "covid19", "share"),
        ({"trainees": True}, "covid19", "trainee"),
        ({}, "covid19", None),
    ],
)
def test_a_clinics_rule_asks_with_the_signature_and_once(
    cast: Cast, scan: Scan, rule: dict[str, object], finding: str, why: str | None
) -> None:
    if "trainees" in rule:
        rule = {"trainees": [str(cast.doctor.public_id)]}
    chosen = wanted(blind_first=False, **rule)
    reading_rules.change(clinic=cast.clinic_a, by=cast.administrator, wanted=chosen)
    study = sign(scan, cast.doctor, finding)
    found = second_reads.open_reading(study)
    assert (found.why if found else None) == why
    if found:
        assert not second_reads.withdraw(study=study, by=cast.doctor), "a rule is not the doctor's to end"
        assert second_reads.withdraw(study=study, by=cast.administrator)
        sign(scan, cast.doctor, "other")
        assert second_reads.open_reading(study) is None


def test_no_rule_asks_where_nobody_else_could_read(cast: Cast, scan: Scan) -> None:
    cast.colleague.is_active = False
    cast.colleague.save()
    rules = wanted(blind_first=False, second_share=100)
    reading_rules.change(clinic=cast.clinic_a, by=cast.administrator, wanted=rules)
    assert second_reads.open_reading(sign(scan, cast.doctor)) is None


def test_one_of_two_who_comes_round_ends_it(doctor: Client, scan: Scan, cast: Cast) -> None:
    ask(doctor, scan, cast)
    word(signed_in(cast.colleague), scan, "normal")
    sign(scan, cast.colleague, "covid19")
    assert SecondReading.objects.get().state == SecondState.AGREED


def test_what_the_second_word_stands_beside_is_the_amended_signature(
    doctor: Client, scan: Scan, cast: Cast
) -> None:
    ask(doctor, scan, cast)
    sign(scan, cast.doctor, "other")
    word(signed_in(cast.colleague), scan, "normal")
    reading = SecondReading.objects.get()
    assert (reading.state, reading.first_finding) == (SecondState.DIFFERS, "other")


def test_who_cannot_be_asked_and_what_is_refused(doctor: Client, scan: Scan, cast: Cast) -> None:
    page = doctor.post(address(scan, "second-reader/"), {})
    assert page.status_code == 422
    assert "not signed yet" in text_of(page)
    sign(scan, cast.doctor)
    for nobody in (cast.doctor, cast.stranger, cast.technician):
        page = doctor.post(address(scan, "second-reader/"), {"reader": str(nobody.public_id)})
        assert page.status_code == 422
    assert not SecondReading.objects.exists()
