"""Static files: light, and under names that carry a hash, also where one script imports another."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage

from portal import used_css

_BOOTSTRAP: Final = "vendor/bootstrap/css/bootstrap.min.css"
_COMMENT: Final = re.compile(r"^\s*//.*\n", re.MULTILINE)
# of crispy forms' templates, those that our fields are drawn with
_FIELDS: Final = (
    "field.html",
    "layout/attrs.html",
    "layout/field_errors.html",
    "layout/field_errors_block.html",
    "layout/field_file.html",
    "layout/help_text.html",
    "layout/help_text_and_errors.html",
    "layout/radio_checkbox_select.html",
)
_WRITING: Final = (
    "templates",
    "portal/static",
    "accounts",
    "diagnosis/forms",
    "diagnosis/views",
    "diagnosis/templatetags",
)
_MADE: Final = {
    f"alert-{level}" for level in ("danger", "info", "success", "warning")
}  # put together from parts
# Django's own pattern, for the one form that we write: import { name } from "./part.js"; or "../"
_IMPORT = r"""(?P<matched>import (?P<names>\{[^}]*\}) from "(?P<url>\.{1,2}/[^"]+)";)"""


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Only our own scripts are searched for imports: in a bundle of others, text may look like one."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("portal/*.js", ((_IMPORT, 'import %(names)s from "%(url)s";'),)),
    )

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Take out first what no page uses and what only people read."""
        for name in [] if dry_run else paths:
            if less := _lighter(name):
                source, path = paths[name]
                with source.open(path) as file:
                    content = file.read().decode()
                Path(self.path(name)).write_text(less(content))
                paths[name] = self, name
        yield from super().post_process(paths, dry_run, **options)


def _lighter(name: str) -> Callable[[str], str] | None:
    """What makes a file lighter; None for one that stays as it is."""
    if name == _BOOTSTRAP:
        return lambda sheet: used_css.without_idle_variables(used_css.used(sheet, _words()), _own_sheets())
    if name.startswith("portal/") and name.endswith(".js"):
        return lambda script: _COMMENT.sub("", script)
    if name.startswith("portal/") and name.endswith(".css"):
        return used_css.without_comments
    return None


def writers() -> list[Path]:
    """The files of ours that write pages: they decide what is left of Bootstrap."""
    base = Path(settings.BASE_DIR)
    return used_css.writers_in(base / folder for folder in _WRITING)


@cache
def _words() -> set[str]:
    """The words among which a class of Bootstrap's must be, to be used."""
    fields = Path(str(files("crispy_bootstrap5"))) / "templates/bootstrap5"
    return used_css.words_in([*writers(), *(fields / name for name in _FIELDS)]) | _MADE


def _own_sheets() -> str:
    """What our own style sheets and scripts say."""
    own = Path(settings.BASE_DIR, "portal/static")
    return "".join(file.read_text() for file in own.rglob("*") if file.suffix in (".css", ".js"))
