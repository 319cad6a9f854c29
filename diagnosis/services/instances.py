"""Gives each film as a DICOM file: as it came, or as a Secondary Capture made of a PNG or JPEG."""

from pathlib import Path

from diagnosis.imaging.dicom.header import MEDIA_TYPE
from diagnosis.models import Scan
from diagnosis.services.storage import path_of


class NotMade(Exception):
    """There is no DICOM file of this film; `str()` says why."""


def instance_path(scan: Scan) -> Path:
    """The film's DICOM file. Raises NotMade."""
    if scan.media_type == MEDIA_TYPE:
        return path_of(scan.original)
    raise NotMade("The film came as a picture, and no DICOM file was made of it yet.")
