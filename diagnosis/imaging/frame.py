"""A film in full for a screen that windows it itself: every pixel, at its full depth, packed to travel."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.correction import INVERTED, TURNS
from diagnosis.imaging.dicom.header import read_pixel_layout
from diagnosis.imaging.dicom.picture import decode_dicom, full_depth
from diagnosis.imaging.dicom.rule import Window
from diagnosis.imaging.raster import DecodedFilm
from diagnosis.imaging.raster.orientation import turned
from diagnosis.imaging.raster.whole import read_stored

_WHITE: Final = 65_535
_FAST: Final = 1  # of gzip's levels: the others take seconds for a few per cent
_GZIP: Final = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Frame:
    """Values as the film has them, and the window that its picture on the pages is shown in.

    values: uint8, uint16, int16 or float32 (height, width). low, high: the values that are black and white,
    or white and black where `inverted`.
    """

    values: NDArray[Any]
    low: float
    high: float
    inverted: bool = False

    @property
    def facts(self) -> dict[str, object]:
        """What has to be known to unpack it and to show it."""
        height, width = self.values.shape
        return {
            "type": self.values.dtype.name,
            "width": width,
            "height": height,
            "low": self.low,
            "high": self.high,
            "inverted": self.inverted,
        }


def read_frame(stream: BinaryIO, *, max_pixels: int) -> Frame:
    """The frame of a film of any kind. Raises FilmRefused, and what decoders raise.

    For files of any source, use `sandbox.frame_confined`.
    """
    film = read_stored(stream, max_pixels=max_pixels)
    if film is not None:
        return _of_raster(film)
    stream.seek(0)
    return _of_dicom(stream)


def corrected(frame: Frame, codes: Sequence[str]) -> Frame:
    """The frame put right as `imaging.correction` puts the film's picture right."""
    for code in codes:
        if code == INVERTED:
            frame = replace(frame, inverted=not frame.inverted)
        else:
            frame = replace(frame, values=np.rot90(frame.values, TURNS[code]))
    return frame


def packed(frame: Frame) -> bytes:
    """The values, row by row, so that gzip makes them small quickly.

    Whole numbers become differences from their neighbour on the left; of two bytes, the upper come first.
    """
    values = np.ascontiguousarray(frame.values)
    if values.dtype.kind == "f":
        return _gzipped(values.astype("<f4").tobytes(), zlib.Z_DEFAULT_STRATEGY)
    unsigned = values.view(np.dtype(f"u{values.itemsize}"))
    steps = unsigned.copy()
    steps[:, 1:] -= unsigned[:, :-1]  # modulo, on purpose
    if steps.itemsize == 1:
        return _gzipped(steps.tobytes(), zlib.Z_RLE)
    upper, lower = (steps >> 8).astype(np.uint8), steps.astype(np.uint8)
    return _gzipped(upper.tobytes() + lower.tobytes(), zlib.Z_RLE)


def _gzipped(data: bytes, strategy: int) -> bytes:
    """Of differences, runs alone (Z_RLE) are quicker and a tenth smaller; of whole values thrice as large."""
    packing = zlib.compressobj(_FAST, zlib.DEFLATED, _GZIP, zlib.DEF_MEM_LEVEL, strategy)
    return packing.compress(data) + packing.flush()


def _of_raster(film: DecodedFilm) -> Frame:
    found = film.found
    span = found.white - found.black
    low, high = (found.black + share * span for share in found.window)
    levels: NDArray[Any] = film.levels
    if film.exponent != 1:  # as a screen shows it: `DecodedFilm.radiograph` does the same
        most = np.iinfo(levels.dtype).max
        shares = np.clip((np.arange(most + 1) - found.black) / span, 0, 1) ** film.exponent
        levels = np.rint(shares * _WHITE).astype(np.uint16)[levels]
        low, high = (share**film.exponent * _WHITE for share in found.window)
    return Frame(cast(Any, turned)(levels, film.orientation), low, high)


def _of_dicom(stream: BinaryIO) -> Frame:
    film = full_depth(stream)
    if film.window is not None and film.window.function != "SIGMOID":
        low, high = _ends(film.window)
        return Frame(film.values, low, high, film.inverted)
    # A table, a curve, or levels as they are: brightness by the film's own rule, which no two ends tell.
    stream.seek(0)
    levels = decode_dicom(read_pixel_layout(stream), factor=1).levels
    shallow, beyond = np.divmod(levels, _WHITE // 255)
    if beyond.any():
        return Frame(levels, 0, _WHITE)
    return Frame(shallow.astype(np.uint8), 0, 255)  # a film of 8 bits


def _ends(window: Window) -> tuple[float, float]:
    """The values that are black and white, as `Window.brightness` has it."""
    if window.function == "LINEAR_EXACT":
        return window.centre - window.width / 2, window.centre + window.width / 2
    half = max(window.width - 1, 1) / 2
    return window.centre - 0.5 - half, window.centre - 0.5 + half
