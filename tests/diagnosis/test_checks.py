"""The system checks say what the portal lacks."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import SettingsWrapper

from diagnosis.services import registry
from tests.diagnosis.bundles import light


def test_the_checks_say_what_is_missing(db: None, tmp_path: Path, settings: SettingsWrapper) -> None:
    def ids() -> list[str]:
        found = run_checks(databases=["default"], tags=["database", "storage", "queue"])
        return sorted(str(message.id) for message in found if str(message.id).startswith("diagnosis."))

    assert ids() == ["diagnosis.W001"]
    model_version = registry.register(bundle_path=light(tmp_path / "one").path, actor="test")
    registry.promote(model_version=model_version, actor="test")
    assert ids() == []
    (registry.folder_of(model_version) / "model.keras").write_bytes(b"")
    assert ids() == ["diagnosis.W002"]
    settings.ANALYSIS_SOFT_SECONDS = settings.ANALYSIS_HARD_SECONDS
    assert ids() == ["diagnosis.E002", "diagnosis.W002"]
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file" / "data"
    assert "diagnosis.E001" in ids()


def warnings_of(tag: str) -> dict[str, str]:
    return {str(message.id): f"{message.msg} {message.hint}" for message in run_checks(tags=[tag])}


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("redis://queue.hospital.example:6379/0", True),
        ("rediss://user@10.0.0.7:6379/0", True),
        ("redis://:secret@queue.hospital.example:6379/0", False),
        ("redis://127.0.0.1:6379/0", False),
        ("unix:///run/redis.sock", False),
    ],
)
def test_a_queue_elsewhere_without_a_password_is_a_warning(
    settings: SettingsWrapper, url: str, warned: bool
) -> None:
    settings.REDIS_URL = url
    found = warnings_of("queue")
    assert ("diagnosis.W005" in found) is warned
    if warned:
        assert "requirepass" in found["diagnosis.W005"]


@pytest.mark.parametrize(("mode", "warned"), [(0o644, True), (0o640, False), (0o600, False)])
def test_a_database_that_everybody_can_read_is_a_warning(
    settings: SettingsWrapper, tmp_path: Path, mode: int, warned: bool
) -> None:
    database = tmp_path / "carina.sqlite3"
    database.touch()
    database.chmod(mode)
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database)}}
    assert (f"chmod 600 {database}" in warnings_of("storage").get("diagnosis.W006", "")) is warned
