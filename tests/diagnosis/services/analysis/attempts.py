"""One attempt at a film, and films with other bytes than intake stored."""

import hashlib
import io

from PIL import Image

from diagnosis.models import Scan
from diagnosis.services import analysis
from tests.films import keep


def analysed(scan: Scan) -> Scan:
    analysis.analyse(scan_id=scan.pk)
    scan.refresh_from_db()
    return scan


def with_bytes(scan: Scan, content: bytes, name: str = "film.png") -> Scan:
    """The scan with another original, as intake would have stored it."""
    scan.sha256 = hashlib.sha256(content).hexdigest()
    scan.original = keep(f"originals/{scan.sha256}-{name}", content)
    scan.save()
    return scan


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
