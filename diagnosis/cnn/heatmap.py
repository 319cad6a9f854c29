"""Turns an activation map into a transparent heatmap that fits exactly over the film."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Dark violet through red and orange to pale yellow, with evenly rising lightness (sRGB control points, chosen
# by hand after "inferno"): stronger looks brighter with any kind of colour vision.
STOPS: Final = (
    (0.00, (40, 11, 84)),
    (0.25, (120, 28, 109)),
    (0.50, (196, 60, 78)),
    (0.75, (246, 125, 21)),
    (1.00, (252, 230, 130)),
)
CLEAR_BELOW: Final = 0.15
OPAQUE_FROM: Final = 0.6
LARGEST_ALPHA: Final = 200


def colour_table() -> NDArray[np.uint8]:
    """256 colours with their opacity, uint8 (256, 4); low levels are transparent."""
    levels = np.linspace(0.0, 1.0, 256)
    places = [place for place, _ in STOPS]
    channels = [np.interp(levels, places, [colour[k] for _, colour in STOPS]) for k in range(3)]
    opacity = np.clip((levels - CLEAR_BELOW) / (OPAQUE_FROM - CLEAR_BELOW), 0.0, 1.0)
    return np.rint(np.stack([*channels, opacity * LARGEST_ALPHA], axis=1)).astype(np.uint8)


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
    frame = film_frame(activation, **size, box=box)
    colours = colour_table()
    picture = Image.fromarray(np.rint(frame * 255).astype(np.uint8))
    picture.putpalette(colours[:, :3].tobytes())
    buffer = io.BytesIO()
    # A palette, because four channels take ten times as long to compress and no smaller a file.
    picture.save(buffer, "PNG", compress_level=6, transparency=colours[:, 3].tobytes())
    return buffer.getvalue()
