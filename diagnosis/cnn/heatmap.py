"""Turns an activation map into a transparent heatmap that fits exactly over the film."""

import io
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# One hue, which no film has: stronger is less transparent, never brighter, so that it is not taken for the
# film's own brightness. A line runs where the map reaches the strength named here.
HUE: Final = (255, 0, 190)
CLEAR_BELOW: Final = 0.15
LARGEST_ALPHA: Final = 215
OUTLINE: Final = (0.70, 0.73)
# The part of each side of what the network saw over which the map fades out: its view's edge is no finding.
FEATHER: Final = 0.06

_SIGNATURE: Final = 8  # bytes before a PNG's first chunk


def colour_table() -> NDArray[np.uint8]:
    """256 colours with their opacity, uint8 (256, 4); low levels are transparent."""
    levels = np.linspace(0.0, 1.0, 256)
    opacity = np.clip((levels - CLEAR_BELOW) / (1 - CLEAR_BELOW), 0.0, 1.0) * LARGEST_ALPHA
    opacity[(levels >= OUTLINE[0]) & (levels < OUTLINE[1])] = 255
    return np.column_stack([np.tile(HUE, (256, 1)), np.rint(opacity)]).astype(np.uint8)


def film_frame(
    activation: NDArray[np.float32], *, width: int, height: int, box: tuple[float, float, float, float]
) -> NDArray[np.float32]:
    """An activation map (h, w), 0-1, in the film's frame, float32 (height, width), 0-1.

    box: left, top, right, bottom of what the network saw, as shares 0-1 of the film's width and height. The
    map covers that box, squeezed to a square; both are undone. Outside the box, all is zero.
    """
    left, top = min(round(width * box[0]), width - 1), min(round(height * box[1]), height - 1)
    inner_width, inner_height = max(1, round(width * box[2]) - left), max(1, round(height * box[3]) - top)
    smooth = Image.fromarray(np.ascontiguousarray(activation, dtype=np.float32))
    smooth = smooth.resize((inner_width, inner_height), Image.Resampling.BICUBIC)
    frame = np.zeros((height, width), dtype=np.float32)
    frame[top : top + inner_height, left : left + inner_width] = np.clip(np.asarray(smooth), 0.0, 1.0)
    return frame


def _faded(activation: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map at no less than 128 cells a side, fading out towards its edges."""
    side = max(128, *activation.shape)
    cells = Image.fromarray(np.ascontiguousarray(activation, dtype=np.float32))
    fine = np.asarray(cells.resize((side, side), Image.Resampling.BICUBIC))
    from_edge = np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5
    ramp = np.clip(from_edge / (FEATHER * side), 0.0, 1.0).astype(np.float32)
    return fine * np.minimum.outer(ramp, ramp)


def recoloured(picture: bytes) -> bytes:
    """An overlay, whenever it was made, in the colours of today: its levels stay, its table is replaced."""
    colours = colour_table()
    tables = {b"PLTE": colours[:, :3].tobytes(), b"tRNS": colours[:, 3].tobytes()}
    parts, place = [picture[:_SIGNATURE]], _SIGNATURE
    while place + 12 <= len(picture):
        length = int.from_bytes(picture[place : place + 4], "big")
        kind = picture[place + 4 : place + 8]
        data = tables.get(kind, picture[place + 8 : place + 8 + length])
        parts += [len(data).to_bytes(4, "big"), kind, data, zlib.crc32(kind + data).to_bytes(4, "big")]
        place += 12 + length
    return b"".join(parts)


def overlay(
    activation: NDArray[np.float32],
    *,
    width: int,
    height: int,
    box: tuple[float, float, float, float],
    longest_side: int = 1024,
) -> bytes:
    """A PNG of 256 colours, clear to opaque, with the film's aspect ratio, to be laid over the display image.

    activation: float32 (h, w), 0-1 as in Classification.activation_map, whose `activation_box` is `box`
    (shares of the film, as for `film_frame`). width, height: the film's (or its display image's) pixels; the
    PNG is no larger than longest_side, because the map has no more detail.
    """
    shrink = min(1.0, longest_side / max(width, height))
    size = {"width": max(1, round(width * shrink)), "height": max(1, round(height * shrink))}
    frame = film_frame(_faded(activation), **size, box=box)
    colours = colour_table()
    picture = Image.fromarray(np.rint(frame * 255).astype(np.uint8))
    picture.putpalette(colours[:, :3].tobytes())
    buffer = io.BytesIO()
    # A palette, because four channels take ten times as long to compress and no smaller a file.
    picture.save(buffer, "PNG", compress_level=6, transparency=colours[:, 3].tobytes())
    return buffer.getvalue()
