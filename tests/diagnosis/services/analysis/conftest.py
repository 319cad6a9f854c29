"""The real network, and nobody who is told of films."""

import pytest

from diagnosis.models import ModelVersion
from diagnosis.services import messenger
from tests.diagnosis.bundles import entered, shipped


@pytest.fixture
def network(db: None) -> ModelVersion:
    return entered(shipped(), active=True)


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Scans that workers were told of; no broker runs in these tests."""
    told: list[int] = []
    monkeypatch.setattr(messenger, "announce", told.append)
    monkeypatch.setattr(messenger, "waiting", lambda: 0)
    return told
