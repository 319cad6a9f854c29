"""A damaged film is refused, never shown half grey."""

import random
import resource

import numpy as np
import pytest

from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.refusal import FilmRefused, Refusal
from tests.diagnosis.imaging.pictures import chunk, encoded, ramp, sampled
from tests.diagnosis.imaging.raster.refusals import refused


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_film_that_was_cut_off_is_refused_never_shown_half_grey(read, kind: str, share: float) -> None:
    content = encoded(draw_phantom(seed=1), kind)
    refused(read, content[: int(len(content) * share)], "truncated")


def test_a_png_with_a_wrong_pixel_byte_is_refused(read) -> None:
    content = bytearray(encoded(draw_phantom(seed=1), "PNG"))
    content[len(content) // 2] ^= 1
    refused(read, bytes(content), "damaged")


def test_a_png_whose_checksum_alone_is_wrong_is_refused(read) -> None:
    content = bytearray(encoded(draw_phantom(seed=1), "PNG"))
    content[content.index(b"\0\0\0\0IEND") - 1] ^= 1  # the last byte of the pixels' checksum
    assert "checksum" in refused(read, bytes(content), "damaged").message


def test_a_palette_with_a_wrong_checksum_is_refused(read) -> None:
    content = encoded(ramp().convert("P"), "PNG")
    at = content.index(b"PLTE") + 8
    changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    refused(read, changed, "damaged")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("lost", [1, 2])
def test_a_jpeg_that_lacks_its_end_mark_alone_is_read(read, options: dict, mode: str, lost: int) -> None:
    content = encoded(draw_phantom(seed=1).convert(mode), "JPEG", **options)
    np.testing.assert_array_equal(read(content[:-lost], "film.jpg").pixels, read(content, "film.jpg").pixels)


@pytest.mark.parametrize("options", [{}, {"restart_marker_blocks": 4}])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_cut_jpeg_with_an_end_mark_put_on_is_refused(read, options: dict, share: float) -> None:
    content = encoded(draw_phantom(seed=1), "JPEG", **options)
    refused(read, content[: int(len(content) * share)] + b"\xff\xd9", "truncated")


def test_a_progressive_jpeg_that_lacks_whole_scans_is_refused(read) -> None:
    content = encoded(draw_phantom(seed=1), "JPEG", progressive=True)
    refused(read, content[: content.rindex(b"\xff\xda")], "truncated")


def films() -> list[bytes]:
    """Films of all kinds, drawn."""
    film = draw_phantom(seed=2).resize((96, 80))
    deep = np.asarray(film, dtype=np.uint16)[..., np.newaxis] * np.uint16(16)
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00"
    return [
        encoded(film.convert("RGB"), "PNG", exif=exif),
        encoded(film.convert("P"), "PNG", transparency=3),
        encoded(film, "PNG", bits=8),
        sampled(np.repeat(deep, 3, axis=2), interlaced=True, extra=chunk(b"gAMA", b"\0\1\x86\xa0")),
        sampled(np.repeat(deep, 2, axis=2), extra=chunk(b"sBIT", b"\x0c\x0c")),
        encoded(film.convert("RGB"), "JPEG", exif=exif),
        encoded(film, "JPEG", progressive=True),
        encoded(film.convert("CMYK"), "JPEG", restart_marker_blocks=2),
    ]


def changed(dice: random.Random, whole: bytes) -> bytes:
    """A film with some bytes changed, lost, doubled or swapped."""
    content = bytearray(whole)
    for _ in range(dice.choice([1, 2, 8])):
        where = dice.randrange(dice.choice([64, len(content)]))
        content[where] = dice.choice([0, 255, dice.randrange(256)])
    kind, start = dice.random(), dice.randrange(len(content))
    part = slice(start, start + dice.choice([1, 4, 12, 200]))
    if kind < 0.15:
        del content[start:]
    elif kind < 0.3:
        del content[part]
    elif kind < 0.45:
        content[start:start] = content[part] * dice.choice([1, 3, 500])
    return bytes(content)


def test_whatever_is_changed_it_is_a_film_or_a_refusal_and_takes_little(read) -> None:
    dice, began = random.Random(20), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    codes = set()
    for whole in films():
        for _ in range(80):
            try:
                film = read(mended(dice, changed(dice, whole)))
            except FilmRefused as refusal:  # anything else fails the test
                codes.add(refusal.code)
                continue
            assert film.pixels.ndim == 2
            assert film.pixels.dtype == np.float32
            assert 0 <= film.pixels.min() <= film.pixels.max() <= 1
            assert film.window[0] < film.window[1]
    assert {"damaged", "truncated"} <= codes <= set(Refusal)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began < 200 * 1024


def mended(dice: random.Random, content: bytes) -> bytes:
    """A PNG half of whose time every checksum is right again, so that what is behind them is tried too."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or dice.random() < 0.5:
        return content
    parts, at = [content[:8]], 8
    while at + 12 <= len(content):
        length = min(int.from_bytes(content[at : at + 4], "big"), len(content) - at - 12)
        parts.append(chunk(content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    return b"".join(parts)
