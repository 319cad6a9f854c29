"""Limits come into force by two persons of the clinic, or by an operator who says why: all on record."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEvent, Role, User
from diagnosis.models import ModelVersion, OperatingPoint, Review, Scan, Standing
from diagnosis.services import limits, measuring, standing
from diagnosis.services.limits import LimitsRefused
from tests.conftest import Cast
from tests.diagnosis.signed_films import signed_film, signed_films, told_apart
from tests.films import model_version


@pytest.fixture
def model(db: None) -> ModelVersion:
    found = model_version()
    ModelVersion.objects.update(card={"unsure_band": {"lower": 0.25, "upper": 0.75}})
    found.refresh_from_db()
    return found


def agreed_by(cast: Cast, model: ModelVersion, person: User, shown: str = "") -> OperatingPoint:
    proposal = limits.open_proposal(clinic=cast.clinic_a, model_version=model)
    measured = measuring.measure(clinic=cast.clinic_a, model_version=model)
    shown = shown or (str(proposal.public_id) if proposal else measured.digest)
    return limits.agree(clinic=cast.clinic_a, model_version=model, person=person, shown=shown)


def of_clinic_a(cast: Cast, model: ModelVersion) -> Standing:
    return standing.of_clinic(clinic=cast.clinic_a, model_version=model)


@pytest.mark.parametrize(("first", "second"), [("administrator", "doctor"), ("doctor", "administrator")])
def test_limits_count_once_an_administrator_and_a_doctor_have_agreed(
    cast: Cast, model: ModelVersion, first: str, second: str
) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    agreed_by(cast, model, getattr(cast, first))
    assert of_clinic_a(cast, model) == Standing.PROBATION
    point = agreed_by(cast, model, getattr(cast, second))
    assert of_clinic_a(cast, model) == Standing.HERE
    assert (point.administrator_name, point.doctor_name) == ("Administrator Test", "Doctor Test")
    assert point.measured["normal"]["films"] == 50
    assert 0 < point.normal_below < point.pathological_from < 1
    assert point.in_force_until is not None
    assert timedelta(364) < point.in_force_until - timezone.now() < timedelta(367)
    actions = AuditEvent.objects.filter(action__startswith="limits.").order_by("sequence")
    assert list(actions.values_list("action", "clinic_id")) == [
        ("limits.proposed", cast.clinic_a.pk),
        ("limits.agreed", cast.clinic_a.pk),
    ]


def test_one_role_does_not_agree_twice(cast: Cast, model: ModelVersion) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    agreed_by(cast, model, cast.doctor)
    for person in (cast.doctor, cast.colleague):
        with pytest.raises(LimitsRefused, match="Doctor Test has agreed as doctor"):
            agreed_by(cast, model, person)


def test_a_doctor_who_becomes_administrator_is_still_one_person(cast: Cast, model: ModelVersion) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    agreed_by(cast, model, cast.doctor)
    cast.doctor.role = Role.ADMINISTRATOR
    cast.doctor.save()
    with pytest.raises(LimitsRefused, match="Two persons"):
        agreed_by(cast, model, cast.doctor)


@pytest.mark.parametrize("who", ["technician", "stranger", "operator"])
def test_nobody_else_agrees(cast: Cast, model: ModelVersion, who: str) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    with pytest.raises(LimitsRefused, match="Only administrators and doctors"):
        agreed_by(cast, model, getattr(cast, who))


def test_nobody_agrees_to_other_figures_than_those_on_the_page(cast: Cast, model: ModelVersion) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    shown = measuring.measure(clinic=cast.clinic_a, model_version=model).digest
    signed_film(cast.clinic_a, cast.doctor, p_abnormal=0.9, finding="pneumonia")
    with pytest.raises(LimitsRefused, match="signed since"):
        agreed_by(cast, model, cast.doctor, shown)
    agreed_by(cast, model, cast.doctor)
    with pytest.raises(LimitsRefused, match="proposed limits meanwhile"):
        agreed_by(cast, model, cast.administrator, shown)


def test_too_few_films_set_no_limits(cast: Cast, model: ModelVersion) -> None:
    told_apart(cast.clinic_a, cast.doctor, normal=49)
    with pytest.raises(LimitsRefused, match="not enough"):
        agreed_by(cast, model, cast.doctor)


def test_a_network_that_cannot_tell_the_films_apart_stays_quiet(cast: Cast, model: ModelVersion) -> None:
    same = [0.02 * place + 0.01 for place in range(50)]
    signed_films(cast.clinic_a, cast.doctor, normal=same, abnormal=same[5:40])
    with pytest.raises(LimitsRefused, match="cannot tell this clinic’s films apart"):
        agreed_by(cast, model, cast.doctor)
    assert not OperatingPoint.objects.exists()


def test_nobody_agrees_to_a_proposal_whose_films_say_otherwise_by_now(
    cast: Cast, model: ModelVersion
) -> None:
    told_apart(cast.clinic_a, cast.doctor, abnormal=50)
    agreed_by(cast, model, cast.doctor)
    for scan in Scan.objects.all():  # somebody has read them again, the other way round
        word = "pneumonia" if scan.reviews.get().finding == "normal" else "normal"
        Review.objects.create(scan=scan, doctor=cast.colleague, decision="change", finding=word)
    with pytest.raises(LimitsRefused, match="cannot tell"):
        agreed_by(cast, model, cast.administrator)
    assert of_clinic_a(cast, model) == Standing.PROBATION


def test_films_for_one_version_set_no_limits_of_another(cast: Cast, model: ModelVersion) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    ModelVersion.objects.update(active=None)
    with pytest.raises(LimitsRefused, match="Another network"):
        agreed_by(cast, model, cast.doctor)


def test_an_operator_accepts_the_networks_limits_by_name_and_with_a_reason(
    cast: Cast, model: ModelVersion
) -> None:
    with pytest.raises(LimitsRefused, match="Say why"):
        limits.accept(clinic=cast.clinic_a, model_version=model, operator=cast.operator, reason=" ")
    for person in (cast.administrator, cast.doctor):
        with pytest.raises(LimitsRefused, match="Only an operator"):
            limits.accept(clinic=cast.clinic_a, model_version=model, operator=person, reason="Trial")
    point = limits.accept(clinic=cast.clinic_a, model_version=model, operator=cast.operator, reason="Trial")
    assert (point.normal_below, point.pathological_from) == (0.25, 0.75)
    assert of_clinic_a(cast, model) == Standing.ELSEWHERE
    assert standing.who_answers(point).startswith(f"Limits from elsewhere, accepted by {cast.operator} on ")


def test_limits_from_elsewhere_do_not_replace_the_clinics_own(cast: Cast, model: ModelVersion) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    for person in (cast.doctor, cast.administrator):
        agreed_by(cast, model, person)
    with pytest.raises(LimitsRefused, match="limits of its own"):
        limits.accept(clinic=cast.clinic_a, model_version=model, operator=cast.operator, reason="Trial")


def test_limits_are_withdrawn_with_a_reason_and_once(cast: Cast, model: ModelVersion) -> None:
    point = limits.accept(clinic=cast.clinic_a, model_version=model, operator=cast.operator, reason="Trial")
    with pytest.raises(LimitsRefused, match="Say why"):
        limits.withdraw(point=point, person=cast.doctor, reason="")
    for person in (cast.technician, cast.stranger):
        with pytest.raises(LimitsRefused, match="Only an operator"):
            limits.withdraw(point=point, person=person, reason="Wrong")
    limits.withdraw(point=point, person=cast.administrator, reason="Wrong")
    assert of_clinic_a(cast, model) == Standing.PROBATION
    with pytest.raises(LimitsRefused, match="Administrator Test has withdrawn"):
        limits.withdraw(point=point, person=cast.doctor, reason="Wrong")


def test_the_record_vouches_for_every_step(cast: Cast, model: ModelVersion) -> None:
    told_apart(cast.clinic_a, cast.doctor)
    for person in (cast.doctor, cast.administrator):
        agreed_by(cast, model, person)
    limits.withdraw(point=OperatingPoint.objects.get(), person=cast.doctor, reason="Wrong")
    rows = audit.RowComparison()
    assert not list(audit.verify(rows.take))
    assert not [fault for fault in rows.faults() if "operating_point" in str(fault)]
    OperatingPoint.objects.update(normal_below=0.9)
    again = audit.RowComparison()
    list(audit.verify(again.take))
    assert [fault for fault in again.faults() if "its normal below is not what" in str(fault)]


@pytest.mark.parametrize(
    ("first", "asked"),
    [("administrator", ["colleague@a.example", "doctor@a.example"]), ("doctor", ["administrator@a.example"])],
)
def test_whoever_may_agree_second_is_told_by_one_mail(
    cast: Cast, model: ModelVersion, first: str, asked: list[str], mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:  # fmt: skip
    told_apart(cast.clinic_a, cast.doctor)
    for person in (first, "doctor" if first == "administrator" else "administrator"):
        with django_capture_on_commit_callbacks(execute=True):
            agreed_by(cast, model, getattr(cast, person))
    assert sorted(mail.to[0] for mail in mailoutbox) == asked, "none when the second has agreed"
    text = mailoutbox[0].body
    assert f"{getattr(cast, first)} has agreed to limits for the network {model} at Clinic A" in text
    assert "S-1" not in text
