"""Scripts import their parts under the names that the browser finds."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from pytest_django.fixtures import SettingsWrapper

from portal.static_files import HashedFiles
from script import prepare


def test_a_part_is_imported_under_its_hashed_name(tmp_path: Path, settings: SettingsWrapper) -> None:
    settings.DEBUG = False
    storage = HashedFiles(location=str(tmp_path))
    paths = {}
    for finder in finders.get_finders():
        for path, source in finder.list([]):
            if path.startswith("portal/") and path.endswith(".js"):
                storage.save(path, source.open(path))
                paths[path] = (storage, path)
    for _, _, processed in storage.post_process(paths):
        assert not isinstance(processed, Exception), processed
    script = Path(storage.path(storage.stored_name("portal/upload.js")))
    parts = re.findall(r'from "\./([^"]+)"', script.read_text())
    assert len(parts) >= 4
    for part in parts:
        assert re.fullmatch(r"upload/[a-z]+\.[0-9a-f]{12}\.js", part)
        assert (script.parent / part).is_file()
    batch = Path(storage.path(storage.stored_name("portal/batch/rows.js")))
    beside = re.findall(r'from "(\.\./[^"]+)"', batch.read_text())
    assert beside
    for part in beside:
        assert re.fullmatch(r"\.\./upload/[a-z]+\.[0-9a-f]{12}\.js", part)
        assert (batch.parent / part).is_file()


@pytest.mark.parametrize(
    "folder", ["templates", "accounts", "diagnosis/forms", "diagnosis/views", "diagnosis/templatetags"]
)
def test_whatever_may_name_a_class_has_bootstrap_collected_anew(
    folder: str, tmp_path: Path, settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    settings.BASE_DIR = tmp_path
    for name in ("package-lock.json", "requirements-serve.txt", "portal/settings.py"):
        copied = tmp_path / name
        copied.parent.mkdir(exist_ok=True)
        copied.write_text("")
    for name in ("portal/static_files.py", "portal/used_css.py"):
        (tmp_path / name).write_text("")
    file = tmp_path / folder / "deep" / ("page.html" if folder == "templates" else "page.py")
    file.parent.mkdir(parents=True)
    file.write_text("btn")
    former = prepare._fingerprint()
    assert prepare._fingerprint() == former
    file.write_text("btn-close")
    assert prepare._fingerprint() != former
