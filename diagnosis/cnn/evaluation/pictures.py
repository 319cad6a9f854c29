"""Pictures in a tree of folders, and the side of the split that a name falls on."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SUFFIXES: Final = (".jpg", ".jpeg", ".png")


def pictures(folder: Path) -> Iterator[str]:
    """Paths of the pictures below a folder, relative to it; hidden files and folders are passed over."""
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield relative.as_posix()


def split_of(name: str) -> str:
    """ "train" for eight names in ten, "val" and "test" for one each; always the same for the same name."""
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    return "train" if place < 0.8 else "val" if place < 0.9 else "test"


def plain(name: str) -> str:
    """A folder's name without case, spaces and strokes."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())
