"""Pictures made by hand, good ones and such as no program would write."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 128
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(
    width: int,
    height: int,
    *,
    pixels: bytes,
    depth: int = 8,
    colour: int = GREY,
    interlaced: bool = False,
    extra: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A PNG made by hand; `pixels` are its filtered rows, not yet compressed."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    image = chunk(b"IDAT", zlib.compress(pixels, 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + image + after + chunk(b"IEND", b"")


def sampled(samples: NDArray[np.uint16], *, interlaced: bool = False, extra: bytes = b"") -> bytes:
    """A PNG of 16 bits with these samples (height, width, 1 to 4): grey or RGB, with or without alpha."""
    height, width, count = samples.shape
    grids = ADAM7 if interlaced else ((0, 0, 1, 1),)
    parts = [samples[top::down, left::across] for left, top, across, down in grids]
    rows = b"".join(filtered(part) for part in parts if part.size)
    colour = {1: GREY, 2: GREY_ALPHA, 3: RGB, 4: RGB_ALPHA}[count]
    return png(width, height, pixels=rows, depth=16, colour=colour, interlaced=interlaced, extra=extra)


def filtered(samples: NDArray[np.uint16]) -> bytes:
    """The rows of samples, each with another of the five filters before it."""
    rows = samples.astype(">u2").reshape(len(samples), -1).view(np.uint8).astype(np.int16)
    pixel = 2 * samples.shape[2]
    return b"".join(bytes([kind]) + row.tobytes() for kind, row in _filtered(rows, pixel))


def _filtered(rows: NDArray[np.int16], pixel: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    above = np.zeros_like(rows[0])
    for number, row in enumerate(rows):
        left = np.concatenate([np.zeros(pixel, np.int16), row[:-pixel]])
        corner = np.concatenate([np.zeros(pixel, np.int16), above[:-pixel]])
        guess = left + above - corner
        far = [np.abs(guess - one) for one in (left, above, corner)]
        paeth = np.where(
            (far[0] <= far[1]) & (far[0] <= far[2]), left, np.where(far[1] <= far[2], above, corner)
        )
        taken = (np.zeros_like(row), left, above, (left + above) // 2, paeth)[number % 5]
        yield number % 5, ((row - taken) % 256).astype(np.uint8)
        above = row


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def ramp(width: int = SIDE, height: int = SIDE) -> Image.Image:
    """Grey levels that rise from left to right, 0 to 255."""
    return Image.fromarray(np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1)))


def segment(marker: int, data: bytes) -> bytes:
    """A JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def after_start(jpeg: bytes, *segments: bytes) -> bytes:
    """A JPEG with segments put in behind its start."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]
