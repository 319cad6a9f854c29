"""Films as paper needs them: small enough to print, with the network's map laid over where asked."""

import io
from typing import Final

from PIL import Image
from reportlab.lib.utils import ImageReader

PRINTED_SIDE: Final = 1100  # pixels: 300 to the inch at the width of half a page
QUALITY: Final = 85


def printed(film: bytes, overlay: bytes = b"") -> ImageReader:
    """The film as a JPEG for paper; `overlay`: a picture that lies on it, transparent in part."""
    with Image.open(io.BytesIO(film)) as opened:
        picture = opened.convert("RGB" if overlay else "L")
    picture.thumbnail((PRINTED_SIDE, PRINTED_SIDE), Image.Resampling.BICUBIC)
    if overlay:
        with Image.open(io.BytesIO(overlay)) as opened:
            layer = opened.convert("RGBA").resize(picture.size, Image.Resampling.BICUBIC)
        picture.paste(layer, mask=layer.getchannel("A"))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=QUALITY)
    stream.seek(0)
    return ImageReader(stream)


def logo(picture: bytes) -> ImageReader:
    """The clinic's mark, as it was stored."""
    return ImageReader(io.BytesIO(picture))
