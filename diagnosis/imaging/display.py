"""Makes the images for pages from the decoded pixels, so none of the original's metadata is in them."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diagnosis.imaging.radiograph import Radiograph

MEDIA_TYPE: Final = "image/jpeg"
EXTENSION: Final = "jpg"
DISPLAY_SIDE: Final = 2048
THUMBNAIL_SIDE: Final = 256


def display_image(radiograph: Radiograph) -> bytes:
    """A grey JPEG of the film, longest side at most 2048 pixels; progressive, for slow connections."""
    return _jpeg(_grey_levels(radiograph), DISPLAY_SIDE, quality=88, progressive=True)


def grey_jpeg(levels: NDArray[np.uint8]) -> bytes:
    """A grey JPEG of levels that are a picture already."""
    return _jpeg(levels, DISPLAY_SIDE, quality=88, progressive=False)


def thumbnail(radiograph: Radiograph) -> bytes:
    """A grey JPEG of the film, longest side at most 256 pixels."""
    return _jpeg(_grey_levels(radiograph), THUMBNAIL_SIDE, quality=80, progressive=False)


def _grey_levels(radiograph: Radiograph) -> NDArray[np.uint8]:
    """Grey levels, uint8 (height, width), stretched to the film's window."""
    pixels = radiograph.pixels
    low, high = radiograph.window
    if (low, high) != (0, 1):
        pixels = np.clip((pixels - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.rint(pixels * np.float32(255)).astype(np.uint8)


def _jpeg(levels: NDArray[np.uint8], side: int, *, quality: int, progressive: bool) -> bytes:
    image = Image.fromarray(levels)
    image.thumbnail((side, side), Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality, progressive=progressive, optimize=True)
    return stream.getvalue()
