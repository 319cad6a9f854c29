"""Signed-in clients for Django admin, and an audit chain to touch."""

import time
import types
import uuid

import pytest
from allauth.mfa.totp.internal import auth
from django.test import Client

from accounts import audit
from tests.accounts.audit.chain import LENGTH
from tests.conftest import Cast


@pytest.fixture(autouse=True)
def in_the_middle_of_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute begins ten seconds before each test: none ends between an app's code and its check."""
    ahead = 10 - time.time() % 30
    monkeypatch.setattr(auth, "time", types.SimpleNamespace(time=lambda: time.time() + ahead))


@pytest.fixture
def administrator(client: Client, cast: Cast) -> Client:
    client.force_login(cast.administrator)
    return client


@pytest.fixture
def operator(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.operator)
    return client


@pytest.fixture
def chain(db: None) -> None:
    for number in range(1, LENGTH + 1):
        audit.record(
            actor=f"person{number}@a.example",
            action="study.viewed",
            subject=f"study:{uuid.uuid4()}",
            clinic=1,
            study_id=uuid.uuid4(),
            facts={"number": number, "film": "Größe µ 中", "share": 0.1 + 0.2},
        )
