"""Pictures made by hand, good ones and such as no program would write."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

SIDE = 128


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(
    width: int, height: int, *, pixels: bytes, depth: int = 8, colour: int = 0, extra: bytes = b""
) -> bytes:
    """A PNG made by hand; `pixels` are its filtered rows, not yet compressed."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    image = chunk(b"IDAT", zlib.compress(pixels, 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + image + chunk(b"IEND", b"")


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def ramp(width: int = SIDE, height: int = SIDE) -> Image.Image:
    """Grey levels that rise from left to right, 0 to 255."""
    return Image.fromarray(np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1)))
