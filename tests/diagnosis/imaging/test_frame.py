"""A film in full reaches the screen as it was stored, in the window and turn of its picture."""

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diagnosis.imaging import correction, sandbox
from diagnosis.imaging.frame import Frame, corrected, packed
from diagnosis.imaging.raster import read_raster


def unpacked(frame: Frame) -> np.ndarray:
    """As viewer/film.js does it."""
    raw = np.frombuffer(gzip.decompress(packed(frame)), np.uint8)
    height, width = frame.values.shape
    if frame.values.itemsize == 1:
        steps = raw.astype(np.uint16).reshape(height, width)
        return np.cumsum(steps, axis=1, dtype=np.uint8)
    upper, lower = raw.reshape(2, height, width).astype(np.uint16)
    return np.cumsum(upper << 8 | lower, axis=1, dtype=np.uint16).view(frame.values.dtype)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16])
def test_what_is_packed_comes_out_as_it_was(kind: type) -> None:
    limits = np.iinfo(kind)
    values = np.random.default_rng(1).integers(limits.min, limits.max, (40, 30), kind, endpoint=True)
    assert (unpacked(Frame(values, 0, 1)) == values).all()


def test_whole_values_with_few_levels_travel_small() -> None:
    levels = np.random.default_rng(1).integers(0, 16, (200, 200)).astype("<f4") * 0.37 - 12.5
    data = packed(Frame(levels, 0, 1))
    assert gzip.decompress(data) == levels.tobytes()
    assert len(data) < levels.nbytes / 4


def deep_png(folder: Path) -> Path:
    levels = np.linspace(900, 3600, 300 * 200).reshape(300, 200).astype(np.uint16)
    path = folder / "deep.png"
    Image.fromarray(levels).save(path)
    return path


def read(path: Path) -> Frame:
    return sandbox.frame_confined(path, limits=sandbox.Limits(), pixels=60_000, max_pixels=1_000_000)


def test_a_deep_film_keeps_every_level_and_opens_in_its_pictures_window(tmp_path: Path) -> None:
    path = deep_png(tmp_path)
    frame = read(path)
    assert (frame.values == np.asarray(Image.open(path))).all()
    film = read_raster(path)
    shown = np.clip((film.pixels - film.window[0]) / (film.window[1] - film.window[0]), 0, 1)
    here = np.clip((frame.values - frame.low) / (frame.high - frame.low), 0, 1)
    np.testing.assert_allclose(here, shown, atol=1e-3)


@pytest.mark.parametrize(
    "codes", [["inverted"], ["rotated_90"], ["rotated_180"], ["inverted", "rotated_270"]]
)
def test_it_is_put_right_as_the_picture_is(tmp_path: Path, codes: list[str]) -> None:
    path = deep_png(tmp_path)
    frame, film = corrected(read(path), codes), correction.corrected(read_raster(path), codes)
    shares = (frame.values - frame.low) / (frame.high - frame.low)
    shown = (film.pixels - film.window[0]) / (film.window[1] - film.window[0])
    np.testing.assert_allclose(1 - shares if frame.inverted else shares, shown, atol=1e-3)


def test_a_turned_photograph_lies_as_its_picture_lies(tmp_path: Path) -> None:
    picture = Image.fromarray(np.tile(np.arange(120, dtype=np.uint8), (200, 1)))
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=95, exif=exif)
    path = tmp_path / "turned.jpg"
    path.write_bytes(stream.getvalue())
    frame = read(path)
    assert (frame.facts["width"], frame.facts["height"]) == (200, 120)
    np.testing.assert_allclose(frame.values / 255, read_raster(path, min_side=1).pixels, atol=1e-2)
