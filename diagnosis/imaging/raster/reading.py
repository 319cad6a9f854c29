"""Reads one file as a film, or refuses it in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image, ImageFile

from diagnosis.imaging.header import MAX_PIXELS, MIN_SIDE, JpegLayout, PngLayout, layout
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster.decoded import DecodedFilm
from diagnosis.imaging.raster.jpeg import read_jpeg
from diagnosis.imaging.raster.png import read_png
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

LARGEST_SIDE: Final = 2048

# A truncated film must be refused, never shown with a grey lower half.
ImageFile.LOAD_TRUNCATED_IMAGES = False


def read_raster(
    path: Path, *, name: str = "", max_pixels: int = MAX_PIXELS, min_side: int = MIN_SIDE
) -> Radiograph:
    """Decode a PNG or JPEG film: turned upright, grey, float32 0-1, longest side at most 2048 pixels.

    16-bit films, grey or colour, are scaled by the depth they use (a 12-bit film in a 16-bit file: by 4095),
    whatever frames and letters lie beyond it. Colour becomes luma (ITU-R BT.601); transparent pixels become
    black. Inverted films are not recognised here. `name` is the file's name in messages (default: the name on
    disk). Raises FilmRefused for every file that cannot be read completely, and OSError if the disk fails.
    """
    with path.open("rb") as stream:
        film = decode(stream, name=name or path.name, max_pixels=max_pixels, min_side=min_side)
    return film.radiograph()


def decode(
    stream: BinaryIO, *, name: str, max_pixels: int = MAX_PIXELS, min_side: int = MIN_SIDE
) -> DecodedFilm:
    """The levels of an open file's film. Raises like `read_raster`."""
    with refused_in_words(name):
        film = layout(stream, max_pixels=max_pixels, min_side=min_side)
        factor = factor_of(film.width, film.height)
        if isinstance(film, PngLayout):
            return read_png(stream, film, factor=factor)
        if isinstance(film, JpegLayout):
            return read_jpeg(stream, film, factor=factor)
        # Here, because DICOM's module imports this package.
        from diagnosis.imaging.dicom.picture import decode_dicom

        return decode_dicom(film.pixels, factor=factor)


def factor_of(width: int, height: int) -> int:
    """How many times smaller each side is decoded, a power of two."""
    halvings = 0
    while -(-max(width, height) // 2**halvings) > LARGEST_SIDE:
        halvings += 1
    return 2**halvings


@contextmanager
def refused_in_words(name: str = "") -> Iterator[None]:
    """Raise FilmRefused for whatever decoders raise at a film's bytes; the disk's errors stay as they are."""
    try:
        yield
    except FilmRefused as refusal:
        raise (refusal.named(name) if name else refusal) from refusal.__cause__
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own limit, if ours was raised above it
        raise FilmRefused(
            Refusal.TOO_MANY_PIXELS,
            "The image has too many pixels to be read.",
            "Export it smaller.",
            name=name,
        ) from error
    except Exception as error:  # decoders raise all kinds of exceptions on hostile bytes
        if isinstance(error, OSError) and error.errno:  # the disk's, not the decoder's
            raise
        if "out of memory" in str(error).lower():
            raise MemoryError from error
        cut = "truncated" in str(error).lower()
        raise FilmRefused(
            Refusal.TRUNCATED if cut else Refusal.DAMAGED,
            "The file is cut off before its end." if cut else "The file is damaged and cannot be decoded.",
            EXPORT_AGAIN,
            name=name,
        ) from error
