"""A file that lies about its size is refused before it costs anything."""

import struct
import tracemalloc
import zlib

import numpy as np

from tests.diagnosis.imaging.pictures import SIDE, chunk, png
from tests.diagnosis.imaging.raster.refusals import refused


def test_a_forged_header_is_refused_before_a_pixel_is_decoded(read) -> None:
    refusal = refused(read, png(60_000, 60_000, pixels=b"\x00" * 100), "too_many_pixels")
    assert "60000 × 60000" in refusal.message


def test_a_real_decompression_bomb_is_refused(read) -> None:
    rows = (b"\x00" * (30_000 // 8 + 1)) * 30_000  # 110 MB of zeros in 0.5 MB
    bomb = png(30_000, 30_000, pixels=rows, depth=1)
    assert len(bomb) < 1_000_000
    refused(read, bomb, "too_many_pixels")


def test_a_bomb_in_a_text_block_stays_shut_and_the_film_is_read(read) -> None:
    text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(b"0" * 200_000_000, 9))
    rows = (b"\x00" + b"\x80" * SIDE) * SIDE
    tracemalloc.start()
    film = read(png(SIDE, SIDE, pixels=rows, extra=text))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (film.pixels == np.float32(128 / 255)).all()
    assert peak < 20_000_000


def test_two_sizes_in_one_file_do_not_pass_the_check_of_the_first(read) -> None:
    second = chunk(b"IHDR", struct.pack(">IIBBBBB", 8000, 9000, 8, 0, 0, 0, 0))
    content = png(SIDE, SIDE, pixels=b"\x00" * 1000, extra=second)
    refused(read, content, "damaged")
