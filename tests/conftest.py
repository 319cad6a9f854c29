"""The fixed cast of every test: two clinics and their people, and a disk of their own."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection

from accounts.audit import GENESIS
from accounts.models import Approval, AuditHead, Clinic, Role, User
from portal.celery import app
from script import broker

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Cast:
    """Clinic A with its people, clinic B with its own, and people who belong nowhere yet."""

    clinic_a: Clinic
    clinic_b: Clinic
    administrator: User
    doctor: User
    colleague: User
    technician: User
    waiting_doctor: User
    refused_doctor: User
    other_administrator: User
    stranger: User
    """A doctor of clinic B."""
    operator: User
    """A superuser without a clinic."""


def person(
    email: str,
    clinic: Clinic | None,
    role: str,
    approval: str = Approval.APPROVED,
    **facts: object,
) -> User:
    """A user with a confirmed e-mail address and the tests' password."""
    first, _, _ = email.partition("@")
    user = User.objects.create_user(
        email,
        PASSWORD,
        first_name=first.title(),
        last_name="Test",
        clinic=clinic,
        role=role,
        approval=approval,
        is_staff=role == Role.ADMINISTRATOR,
        **facts,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as it runs: in memory, threads share one cache and lock each other's tables."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def fast_and_isolated(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    """A cheap password hasher, a cache in memory, mail in memory, and a data folder of the test's own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.DATA_DIR = settings.MEDIA_ROOT = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    settings.AUDIT_DEFER_LOOKS = False  # no beat runs here; tests of deferred looks turn it on
    cache.clear()
    yield
    cache.clear()
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


@pytest.fixture(autouse=True)
def queue_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that takes messages and needs no server; tests that ask more connect to a real one."""
    monkeypatch.setattr(app.conf, "broker_url", "memory://")
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)


@pytest.fixture(autouse=True)
def audit_chain_begins(request: pytest.FixtureRequest) -> None:
    """Transactional tests empty every table at their end, the chain's head row from the migration too."""
    marker = request.node.get_closest_marker("django_db")
    transactional = marker is not None and marker.kwargs.get("transaction", False)
    if transactional or {"transactional_db", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("transactional_db")
        AuditHead.objects.get_or_create(pk=1, defaults={"sequence": 0, "hash": GENESIS})


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def cast(db: None) -> Cast:
    clinic_a = Clinic.objects.create(name="Clinic A")
    clinic_b = Clinic.objects.create(name="Clinic B")
    return Cast(
        clinic_a=clinic_a,
        clinic_b=clinic_b,
        administrator=person("administrator@a.example", clinic_a, Role.ADMINISTRATOR),
        doctor=person(
            "doctor@a.example", clinic_a, Role.DOCTOR, licence_number="A-1", speciality="Radiology"
        ),
        colleague=person("colleague@a.example", clinic_a, Role.DOCTOR, licence_number="A-2"),
        technician=person("technician@a.example", clinic_a, Role.TECHNICIAN),
        waiting_doctor=person("waiting@a.example", clinic_a, Role.DOCTOR, Approval.WAITING),
        refused_doctor=person("refused@a.example", clinic_a, Role.DOCTOR, Approval.REFUSED),
        other_administrator=person("administrator@b.example", clinic_b, Role.ADMINISTRATOR),
        stranger=person("doctor@b.example", clinic_b, Role.DOCTOR, licence_number="B-1"),
        operator=User.objects.create_superuser("operator@carina.example", PASSWORD),
    )


@pytest.fixture(scope="session")
def broker_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker for the tests alone."""
    embedded = broker.prepare(tmp_path_factory.mktemp("broker"))
    process = embedded.start()
    yield embedded.url
    process.terminate()
    process.wait(timeout=10)
