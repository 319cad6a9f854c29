"""The pictures made from a film for people to look at: where they lie and how they get there whole."""

import os
import tempfile
from pathlib import Path

from django.conf import settings

from diagnosis.models import ModelVersion, Scan

PART = ".part"


def folder(scan: Scan) -> Path:
    """The scan's own folder, below DATA_DIR; named by its random id, so that a path tells nothing."""
    identity = str(scan.public_id)
    return Path("derived", identity[:2], identity)


def display(scan: Scan) -> str:
    """Path below DATA_DIR of the film as pages show it."""
    return str(folder(scan) / "display.jpg")


def thumbnail(scan: Scan) -> str:
    """Path below DATA_DIR of the small picture for lists."""
    return str(folder(scan) / "thumbnail.jpg")


def heatmap(scan: Scan, model: ModelVersion) -> str:
    """Path below DATA_DIR of a network's heatmap; each network has its own, so earlier ones stay."""
    return str(folder(scan) / f"heatmap-{model.public_id}.png")


def existing(path: str) -> str:
    """The path if a file is there, else an empty string."""
    return path if (settings.DATA_DIR / path).is_file() else ""


def write(path: str, content: bytes) -> None:
    """Write a file below DATA_DIR under a temporary name and rename it: it is there whole or not at all."""
    target = Path(settings.DATA_DIR) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=f".{target.name}-", suffix=PART, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), settings.FILE_UPLOAD_PERMISSIONS)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # the row that names this file may outlive a power cut
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def remove_leftovers(scan: Scan) -> None:
    """Delete what attempts that were killed while writing left behind."""
    for part in (Path(settings.DATA_DIR) / folder(scan)).glob(f".*{PART}"):
        part.unlink(missing_ok=True)
