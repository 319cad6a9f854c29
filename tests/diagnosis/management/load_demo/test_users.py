"""The demonstration is loaded once, and then belongs to its users."""

from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError
from django.test import Client
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent, Clinic, User
from diagnosis.management.commands.load_demo import MEMBERS, PASSWORD
from diagnosis.models import OperatingPoint, Patient, Scan, Study
from diagnosis.services import limits, registry, standing
from tests.diagnosis.bundles import light
from tests.diagnosis.management.load_demo.loading import load


def test_everybody_can_log_in_with_the_password_that_is_printed(two_films: None) -> None:
    said = load()
    assert PASSWORD in said
    for member in MEMBERS:
        assert member.email in said
        assert EmailAddress.objects.get(email=member.email).verified
        client = Client()
        client.post("/accounts/login/", {"login": member.email, "password": PASSWORD})
        assert "_auth_user_id" in client.session, member.email
    assert Study.objects.exclude(clinic__name="Riverside Hospital").count() == 0


def test_a_second_run_changes_nothing_that_a_user_made(two_films: None) -> None:
    load()
    doctor = User.objects.get(email="doctor@riverside.example")
    doctor.set_password("a new and better one")
    doctor.last_name = "Married"
    doctor.save()
    User.objects.get(email="technician@riverside.example").delete()
    Patient.objects.filter(number="DEMO-001").update(first_name="Changed", number="X-1")
    Clinic.objects.filter(name="Hillview Clinic").update(name="Hill & View")
    scans, events = Scan.objects.count(), AuditEvent.objects.count()
    load()
    doctor.refresh_from_db()
    assert doctor.check_password("a new and better one")
    assert doctor.last_name == "Married"
    assert not User.objects.filter(email="technician@riverside.example").exists()
    assert Patient.objects.get(number="X-1").first_name == "Changed"
    assert not Patient.objects.filter(number="DEMO-001").exists()
    assert not Clinic.objects.filter(name="Hillview Clinic").exists()
    assert (Scan.objects.count(), AuditEvent.objects.count()) == (scans, events)


def test_a_network_that_an_operator_chose_goes_on_answering(two_films: None, tmp_path: Path) -> None:
    load()
    other = registry.register(bundle_path=light(tmp_path / "other", version="2").path, actor="test")
    registry.promote(model_version=other, actor="test")
    load()
    assert registry.active_model() == other


def test_its_operator_accepts_the_shipped_limits_once_and_those_of_no_other_network(
    two_films: None, tmp_path: Path
) -> None:
    load()
    points = OperatingPoint.objects.filter(operator__email="operator@carina.example")
    assert {point.clinic.name for point in points} == {"Riverside Hospital", "Hillview Clinic"}
    doctor = User.objects.get(email="doctor@riverside.example")
    limits.withdraw(point=points.get(clinic=doctor.clinic), person=doctor, reason="No decisions, please")
    other = registry.register(bundle_path=light(tmp_path / "other", version="2").path, actor="test")
    registry.promote(model_version=other, actor="test")
    load()
    assert OperatingPoint.objects.count() == 2
    assert standing.of_clinic(clinic=doctor.clinic, model_version=other) == "probation"


def test_a_production_portal_gets_no_accounts_that_everybody_knows(settings: SettingsWrapper) -> None:
    settings.HTTPS = True
    with pytest.raises(CommandError, match="--yes"):
        load()
    assert not User.objects.exists()
