"""Films as paper needs them: small enough to print, with the network's map laid over where asked."""

import io
import warnings
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


LOGO_BYTES: Final = 512 * 1024
LOGO_SIDE: Final = 3000
_KEPT_SIDE: Final = 600


def clean_logo(content: bytes) -> bytes:
    """The mark as a small PNG, drawn anew; raises ValueError with words for what is none."""
    if len(content) > LOGO_BYTES:
        raise ValueError("The logo is too large: at most 512 kB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as opened:
                if max(opened.size) > LOGO_SIDE:
                    raise ValueError(f"The logo has too many pixels: at most {LOGO_SIDE} on a side.")
                picture = opened.convert("RGBA")
    except ValueError:
        raise
    except Exception as error:  # whatever a broken file makes the decoder raise
        raise ValueError("The logo cannot be read. Choose a PNG or JPEG picture.") from error
    picture.thumbnail((_KEPT_SIDE, _KEPT_SIDE), Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
