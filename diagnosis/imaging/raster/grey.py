"""Turns a PNG's samples of any kind into brightness, at their full depth; what is transparent is black."""

from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.header import PngLayout
from diagnosis.imaging.raster.png_rows import checked_block, damaged

# ITU-R BT.601 in 16 bits, as Pillow rounds it
_RED, _GREEN, _BLUE, _HALF = (np.uint32(part) for part in (19595, 38470, 7471, 0x8000))
_COLOURFUL_SIDE: Final = 256


class Brightness:
    """How one film's samples become brightness: its palette and its transparent colour are looked up once."""

    def __init__(self, stream: BinaryIO, film: PngLayout) -> None:
        self._film = film
        blocks = {
            kind: checked_block(stream, film.blocks[kind], kind)
            for kind in (b"PLTE", b"tRNS")
            if kind in film.blocks
        }
        clear = blocks.get(b"tRNS", b"")
        self._palette = _palette(blocks[b"PLTE"], clear) if film.colour == 3 else None
        self._clear = None if film.colour == 3 else _clear_colour(clear, film)

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""
        if self._palette is not None:
            return self._palette.shape[1]
        return 1 if self._film.colour in (0, 4) else 3

    def of(self, samples: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
        """Samples (rows, columns, n) -> brightness (rows, columns, channels); transparent is black."""
        if self._palette is not None:
            return self._palette[samples[..., 0]]
        if self._film.colour in (4, 6):
            return _on_black(samples[..., :-1], samples[..., -1:])
        if self._clear is not None:
            clear = (samples == self._clear).all(axis=2, keepdims=True)
            return np.where(clear, samples.dtype.type(0), samples)
        return samples


def luma(levels: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """Levels (rows, columns, 1 or 3) -> (rows, columns), grey."""
    if levels.shape[2] == 1:
        return levels[..., 0]
    total = levels[..., 0] * _RED
    total += levels[..., 1] * _GREEN
    total += levels[..., 2] * _BLUE
    return ((total + _HALF) >> np.uint32(16)).astype(levels.dtype)


def colourfulness(levels: NDArray[np.unsignedinteger]) -> float:
    """The mean distance, 0-1, of the strongest channel from the weakest, in a picture of about 256 pixels."""
    if levels.shape[2] == 1:
        return 0.0
    step = -(-max(levels.shape[:2]) // _COLOURFUL_SIDE)
    rows, columns = (min(step, side) for side in levels.shape[:2])  # a strip may have fewer rows than that
    height, width = levels.shape[0] // rows, levels.shape[1] // columns
    small = np.zeros((height, width, 3))
    for down in range(rows):
        for across in range(columns):
            small += levels[down::rows, across::columns][:height, :width]
    most = np.iinfo(levels.dtype).max * rows * columns
    return float((small.max(axis=2) - small.min(axis=2)).mean() / most)


def _on_black(
    levels: NDArray[np.unsignedinteger], opacity: NDArray[np.unsignedinteger]
) -> NDArray[np.unsignedinteger]:
    most = np.uint32(np.iinfo(levels.dtype).max)
    if (opacity == most).all():
        return levels
    return ((levels.astype(np.uint32) * opacity + most // np.uint32(2)) // most).astype(levels.dtype)


def _palette(colours: bytes, opacity: bytes) -> NDArray[np.uint8]:
    """256 levels, (256, 1) if all are grey, else (256, 3); numbers without a colour are black."""
    if not colours or len(colours) % 3 or len(colours) > 768:
        raise damaged()
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(colours) // 3] = np.frombuffer(colours, dtype=np.uint8).reshape(-1, 3)
    alpha = np.full((256, 1), 255, dtype=np.uint8)
    alpha[: len(opacity[:256]), 0] = np.frombuffer(opacity[:256], dtype=np.uint8)
    table = _on_black(table, alpha).astype(np.uint8)
    return table[:, :1] if (table == table[:, :1]).all() else table


def _clear_colour(data: bytes, film: PngLayout) -> NDArray[np.uint16] | None:
    """The sample values of the one transparent colour, or None; as `png_rows.strips` gives them."""
    count = {0: 1, 2: 3}.get(film.colour)
    if count is None or len(data) < 2 * count:
        return None
    values = np.frombuffer(data[: 2 * count], dtype=">u2").astype(np.uint16)
    return values * np.uint16(255 // ((1 << film.depth) - 1)) if film.depth < 8 else values
