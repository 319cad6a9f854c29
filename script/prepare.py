"""Brings database, static files and demo data up to date in one process, for script/demo."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--films", type=Path)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    _collect_static_files()
    call_command("load_demo", **({"films": str(options.films)} if options.films else {}))


def _collect_static_files() -> None:
    """Collect and compress only if something changed: it takes ten times as long as everything else."""
    from django.conf import settings
    from django.core.management import call_command

    stamp = Path(settings.STATIC_ROOT) / ".collected-from"
    fingerprint = _fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(fingerprint)


def _fingerprint() -> str:
    from portal import static_files

    digest = hashlib.sha256()
    sources = [ROOT / "package-lock.json", ROOT / "requirements-serve.txt", ROOT / "portal/settings.py"]
    sources += sorted(path for path in ROOT.glob("*/static/**/*") if path.is_file())
    sources += [ROOT / "portal/static_files.py", ROOT / "portal/used_css.py", *static_files.writers()]
    for path in sorted(set(sources)):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
