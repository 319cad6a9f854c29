"""The system checks say what the portal lacks."""

from pathlib import Path

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
