"""Decodes PNG and JPEG files into upright grey films, for training and serving alike.

A film with a longest side over 2048 pixels is halved until it fits: the network sees 224 pixels and a screen
shows at most 2048, so the rest would only cost time. JPEG is halved while decoding, PNG afterwards, both by
averaging.
"""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from diagnosis.imaging.header import MAX_PIXELS, MIN_SIDE, FilmHeader, inspect, png_chunks
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

LARGEST_SIDE: Final = 2048
_SIXTEEN_BIT: Final = ("I;16", "I;16B", "I;16L", "I")
_ORIENTATION_TAG: Final = 0x0112
_CRC_BLOCK: Final = 1 << 20

# A truncated film must be refused, never shown with a grey lower half.
ImageFile.LOAD_TRUNCATED_IMAGES = False


def read_raster(
    path: Path, *, name: str = "", max_pixels: int = MAX_PIXELS, min_side: int = MIN_SIDE
) -> Radiograph:
    """Decode a PNG or JPEG film: turned upright, grey, float32 0-1, longest side at most 2048 pixels.

    16-bit films are scaled by the depth they use (a 12-bit film in a 16-bit file: by 4095). Colour becomes
    luma (ITU-R BT.601); transparent pixels become black. Inverted films are not recognised here. `name` is
    the file's name in messages (default: the name on disk). Raises FilmRefused for every file that cannot be
    read completely, and OSError only if the disk itself fails.
    """
    try:
        with path.open("rb") as stream:
            header = inspect(stream, max_pixels=max_pixels, min_side=min_side)
            if header.media_type == "image/png":
                _check_png(stream)
            stream.seek(0)
            return _decode(stream, header)
    except FilmRefused as refusal:
        raise refusal.named(name or path.name) from refusal.__cause__


def _check_png(stream: BinaryIO) -> None:
    """Check every chunk's checksum, because the decoder skips those of the pixels. Raises FilmRefused."""
    for kind, length in png_chunks(stream):
        crc, left = zlib.crc32(kind), length
        while left:
            block = stream.read(min(left, _CRC_BLOCK))
            if not block:
                raise FilmRefused(Refusal.TRUNCATED, "The PNG file ends before its image does.", EXPORT_AGAIN)
            crc, left = zlib.crc32(block, crc), left - len(block)
        if stream.read(4) != crc.to_bytes(4, "big"):
            raise FilmRefused(Refusal.DAMAGED, "The PNG file is damaged: a checksum is wrong.", EXPORT_AGAIN)
        if kind == b"IEND":
            return


def _decode(stream: BinaryIO, header: FilmHeader) -> Radiograph:
    try:
        with Image.open(stream, formats=["PNG", "JPEG"]) as image:
            # With two size blocks in one file, the decoder could use another size than the one checked.
            if image.size != (header.width, header.height):
                raise FilmRefused(Refusal.DAMAGED, "The file gives two different image sizes.", EXPORT_AGAIN)
            return _radiograph(image, header)
    except (FilmRefused, MemoryError):
        raise
    except Image.DecompressionBombError as error:  # Pillow's own limit, if ours was raised above it
        raise FilmRefused(
            Refusal.TOO_MANY_PIXELS, "The image has too many pixels to be read.", "Export it smaller."
        ) from error
    except Exception as error:  # decoders raise all kinds of exceptions on hostile bytes
        cut = "truncated" in str(error).lower()
        raise FilmRefused(
            Refusal.TRUNCATED if cut else Refusal.DAMAGED,
            "The file is cut off before its end." if cut else "The file is damaged and cannot be decoded.",
            EXPORT_AGAIN,
        ) from error


def _radiograph(image: Image.Image, header: FilmHeader) -> Radiograph:
    mode = image.mode
    longest, halvings = max(image.size), 0
    while -(-longest // 2**halvings) > LARGEST_SIDE:
        halvings += 1
    factor = 2**halvings
    if factor > 1:
        image.draft(None, (max(1, image.width // factor), max(1, image.height // factor)))
    image.load()
    orientation = _orientation(image)
    remaining = max(1, factor * image.width // header.width)  # what the decoder did not reduce
    pixels, bits, colourfulness = _grey(image, remaining)
    pixels = _upright(pixels, orientation)
    width, height = header.width, header.height
    if orientation >= 5:
        width, height = height, width
    facts = {
        "format": header.media_type.removeprefix("image/"),
        "mode": mode,
        "bits": str(bits),
        "orientation": str(orientation),
        "reduction": str(factor),
        "colourfulness": f"{colourfulness:.4f}",
    }
    return Radiograph(pixels=np.ascontiguousarray(pixels), width=width, height=height, facts=facts)


def _orientation(image: Image.Image) -> int:
    try:
        value = int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # a broken EXIF block says nothing about the pixels
        return 1
    return value if 1 <= value <= 8 else 1


def _upright(pixels: NDArray[np.float32], orientation: int) -> NDArray[np.float32]:
    """The pixels with the EXIF orientation undone by flips and rotations."""
    turned: dict[int, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.T,
        6: lambda p: np.rot90(p, -1),
        7: lambda p: p[::-1, ::-1].T,
        8: lambda p: np.rot90(p),
    }
    return turned[orientation](pixels) if orientation in turned else pixels


def _grey(image: Image.Image, reduction: int) -> tuple[NDArray[np.float32], int, float]:
    """A loaded image of any mode as float32 (height, width) 0-1, with its grey depth and colourfulness.

    `reduction` pixels along each side are averaged into one.
    """
    if image.mode in _SIXTEEN_BIT:
        levels = np.asarray(image).astype(np.float32)
        bits = max(8, int(levels.max()).bit_length())
        if reduction > 1:
            levels = np.asarray(Image.fromarray(levels).reduce(reduction))
        return levels / np.float32(2**bits - 1), bits, 0.0
    image = _averaged(image, reduction)  # first, so that no full-size copy of another mode is made
    if image.mode in ("LA", "RGBA"):
        film = image.convert("RGBA")
        black = Image.new("RGBA", film.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, film).convert("RGB")
    colourfulness = 0.0
    if image.mode != "L":
        image = image.convert("RGB")
        colourfulness = _colourfulness(image)
    return np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255), 8, colourfulness


def _averaged(image: Image.Image, reduction: int) -> Image.Image:
    """An 8-bit image in a mode whose levels are brightness, each side `reduction` times smaller."""
    if "transparency" in image.info or image.mode == "PA":
        image = image.convert("RGBA")
    elif image.mode in ("1", "P"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image.reduce(reduction) if reduction > 1 else image


def _colourfulness(image: Image.Image) -> float:
    small = np.asarray(ImageOps.contain(image, (256, 256), Image.Resampling.BOX), dtype=np.int16)
    return float((small.max(axis=2) - small.min(axis=2)).mean() / 255)
