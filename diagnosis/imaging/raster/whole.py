"""A PNG or JPEG film in full: every pixel at its full depth, upright, for files that leave the portal."""

from typing import Any, BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray

from diagnosis.imaging.header import MAX_PIXELS, JpegLayout, PngLayout, layout
from diagnosis.imaging.raster.decoded import DecodedFilm
from diagnosis.imaging.raster.jpeg import read_jpeg
from diagnosis.imaging.raster.orientation import turned
from diagnosis.imaging.raster.png import read_png
from diagnosis.imaging.refusal import FilmRefused, Refusal

_LEAST_SIDE: Final = 1


def read_whole(stream: BinaryIO, *, max_pixels: int = MAX_PIXELS) -> DecodedFilm:
    """The film at full resolution, its levels upright, uint8 or uint16. Raises FilmRefused."""
    film = read_stored(stream, max_pixels=max_pixels)
    if film is None:
        raise FilmRefused(Refusal.UNSUPPORTED, "The file is neither PNG nor JPEG, as the record says it is.")
    return _upright(film)


def read_stored(stream: BinaryIO, *, max_pixels: int = MAX_PIXELS) -> DecodedFilm | None:
    """The film at full resolution as it lies in its file; None for other kinds. Raises FilmRefused."""
    found = layout(stream, max_pixels=max_pixels, min_side=_LEAST_SIDE)
    if isinstance(found, JpegLayout):
        return read_jpeg(stream, found, factor=1)
    if isinstance(found, PngLayout):
        return read_png(stream, found, factor=1)
    return None


def _upright(film: DecodedFilm) -> DecodedFilm:
    levels: NDArray[np.unsignedinteger] = _as_on_a_screen(film)
    if film.orientation != 1:
        levels = cast(Any, turned)(levels, film.orientation)  # any kind of number is turned
    height, width = levels.shape
    return DecodedFilm(np.ascontiguousarray(levels), width, height, film.found, 1, film.facts)


def _as_on_a_screen(film: DecodedFilm) -> NDArray[np.unsignedinteger]:
    """The levels as a browser shows them: a file's own exponent is undone here."""
    if film.exponent == 1:
        return film.levels
    most = np.iinfo(film.levels.dtype).max
    table = np.rint((np.arange(most + 1) / most) ** film.exponent * most).astype(film.levels.dtype)
    return np.asarray(table[film.levels])
