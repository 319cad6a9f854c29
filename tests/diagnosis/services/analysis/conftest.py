"""The real network, and nobody who is told of films."""

import pytest

from diagnosis.models import ModelVersion
from diagnosis.services import messenger
from tests.diagnosis.bundles import entered, shipped


@pytest.fixture
def network(db: None) -> ModelVersion:
    return entered(shipped(), active=True)


@pytest.fixture(autouse=True)
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for each time that workers were told of a scan; no broker runs in these tests."""
    told: list[str] = []
    monkeypatch.setattr(messenger, "announce", lambda: told.append("a scan waits"))
    monkeypatch.setattr(messenger, "waiting", lambda: 0)
    return told
