"""A portal without a broker or public films, and a small network that ships."""

from pathlib import Path

import pytest
from pytest_django.fixtures import SettingsWrapper

from diagnosis.management import demo_loading, demo_story
from diagnosis.services import messenger, registry
from tests.diagnosis.bundles import light


@pytest.fixture(autouse=True)
def beside_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: None, settings: SettingsWrapper
) -> None:
    """No broker, no public films beside the repository, and a small network that ships."""
    shipped = light(tmp_path / "bundle").path
    monkeypatch.setattr(registry, "shipped_bundle", lambda: shipped)
    monkeypatch.setattr(messenger, "announce", lambda scan_id: None)
    monkeypatch.delenv("CARINA_CXR_DATA", raising=False)
    settings.BASE_DIR = tmp_path / "repository"


@pytest.fixture
def two_films(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the story does not matter: drawing and reading all of it takes seconds."""
    monkeypatch.setattr(demo_loading, "STORY", (demo_story.STORY[11], demo_story.STORY[13]))
