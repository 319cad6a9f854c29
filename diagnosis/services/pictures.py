"""Gives films in full and DICOM films in a window, decoded in a confined child."""

from typing import TYPE_CHECKING, Final

from django.conf import settings

from diagnosis.models import Prediction, Scan
from diagnosis.services import storage

if TYPE_CHECKING:
    from pathlib import Path

    from diagnosis.imaging.dicom.picture import FullDepth
    from diagnosis.imaging.frame import Frame
    from diagnosis.imaging.sandbox import Limits

DICOM: Final = "application/dicom"
FUNCTIONS: Final = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def has_window(scan: Scan) -> bool:
    """Whether a film can be shown in another window than it is."""
    return scan.media_type == DICOM


def in_window(scan: Scan, *, centre: float, width: float, function: str = "LINEAR") -> bytes:
    """A JPEG of a DICOM film in this window, no side over 2048 pixels.

    Raises FilmRefused, DecodingTooSlow, MemoryError and OSError, as decoding does.
    """
    # Here, because few requests need a decoder.
    from diagnosis.imaging.dicom.rule import Window
    from diagnosis.imaging.display import grey_jpeg
    from diagnosis.imaging.sandbox import rendered_confined

    window = Window(centre, width, function)
    path = storage.path_of(scan.original)
    return grey_jpeg(rendered_confined(path, limits=_limits(), name=scan.original_name, window=window))


def full_depth(scan: Scan) -> "FullDepth":
    """A DICOM film's values at full depth and resolution; raises like `in_window`."""
    from diagnosis.imaging.sandbox import values_confined

    pixels = scan.width * scan.height
    path = storage.path_of(scan.original)
    return values_confined(path, limits=_limits(), name=scan.original_name, pixels=pixels)


def smaller(picture: "Path", *, side: int) -> bytes:
    """A film's display image or thumbnail, longest side at most so many pixels. Raises OSError."""
    from diagnosis.imaging import display

    return display.smaller(picture.read_bytes(), side)


def heatmap(prediction: Prediction) -> bytes:
    """A result's heatmap as it is drawn today, whenever it was made. Raises OSError."""
    from diagnosis.cnn.heatmap import recoloured

    return recoloured(storage.path_of(prediction.heatmap).read_bytes())


def small(stored: str, *, name: str) -> bytes:
    """A small JPEG of a film that is on disk and not on record yet; raises like `in_window`."""
    from diagnosis.imaging.display import thumbnail
    from diagnosis.imaging.sandbox import read_confined

    path = storage.path_of(stored)
    return thumbnail(read_confined(path, limits=_limits(), name=name, max_pixels=settings.MAX_FILM_PIXELS))


def whole(scan: Scan) -> "Frame":
    """Every pixel of a film at its full depth, put right as its picture is; raises like `in_window`."""
    from diagnosis.imaging.frame import corrected
    from diagnosis.imaging.sandbox import frame_confined

    frame = frame_confined(
        storage.path_of(scan.original),
        limits=_limits(),
        name=scan.original_name,
        pixels=scan.width * scan.height,
        max_pixels=settings.MAX_FILM_PIXELS,
    )
    return corrected(frame, scan.shown_corrections)


def _limits() -> "Limits":
    from diagnosis.imaging.sandbox import Limits

    return Limits(settings.DECODE_SECONDS, settings.DECODE_MEGABYTES)
