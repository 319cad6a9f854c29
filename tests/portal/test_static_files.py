"""Scripts import their parts under the names that the browser finds."""

import re
from pathlib import Path

from django.contrib.staticfiles import finders
from pytest_django.fixtures import SettingsWrapper

from portal.static_files import HashedFiles


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
