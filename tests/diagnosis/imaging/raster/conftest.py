"""Bytes read as a film."""

from pathlib import Path

import pytest

from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import read_raster


@pytest.fixture
def read(tmp_path: Path):
    def _read(content: bytes, name: str = "chest film.png") -> Radiograph:
        path = tmp_path / "bytes"
        path.write_bytes(content)
        return read_raster(path, name=name)

    return _read
