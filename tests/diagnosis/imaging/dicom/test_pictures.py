"""Films look as another toolkit (DCMTK) shows them, in the same window."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.dicom.kinds import SECONDARY
from diagnosis.imaging.dicom.picture import rendered
from diagnosis.imaging.dicom.rule import Window
from tests.diagnosis.imaging.dicom.test_pixels import table
from tests.dicom_films import chest, make_film, shown_by_dcmtk

FILES = Path(pydicom.__file__).parent / "data" / "test_files"
SHARED = Path(__file__).parents[4].parent / "shared" / "data" / "dicom"
# of pydicom's files, those with one picture that DCMTK shows by the same rule
OTHERS = (
    "693_J2KI.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_jls_lossy_line.dcm", "SC_rgb_rle.dcm",
    "SC_rgb_rle_16bit.dcm", "SC_rgb_small_odd_big_endian.dcm", "SC_ybr_full_422_uncompressed.dcm",
    "examples_overlay.dcm", "examples_palette.dcm", "image_dfl.dcm", "SC_rgb_gdcm_KY.dcm",
)  # fmt: skip
RADIOGRAPHS = (
    "0004cfab-14fd-4e49-80ba-63a80b6bddd6.dcm", "CR-MONO1-10-chest.dcm", "Fake_MONOHR1.dcm", "RG1_J2KI.dcm",
    "RG3_J2KR.dcm", "jpeg-baseline.dcm",
)  # fmt: skip


def furthest(content: bytes, folder: Path, window: Window | None = None) -> int:
    """The largest difference of a grey level, of 255, from what DCMTK shows."""
    path = folder / "film.dcm"
    path.write_bytes(content)
    shown = shown_by_dcmtk(content, window)
    return int(np.abs(rendered(path, window).astype(int) - shown).max())


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    "tags",
    [
        {"WindowCenter": 2000, "WindowWidth": 3000},
        {
            "WindowCenter": [1500, 100],
            "WindowWidth": [2500, 10],
            "RescaleSlope": 2,
            "RescaleIntercept": -1000,
        },
        {"WindowCenter": 2000, "WindowWidth": 1000, "VOILUTFunction": "SIGMOID"},
        {"WindowCenter": -15000, "WindowWidth": 40000, "RescaleSlope": -10, "RescaleIntercept": 3000},
        {"VOILUTSequence": [table(0, 12, np.linspace(0, 4095, 4096) ** 2 / 4095)]},
        {
            "ModalityLUTSequence": [table(0, 16, np.arange(4096) * 8)],
            "WindowCenter": 16000,
            "WindowWidth": 30000,
        },
    ],
    ids=["window", "two windows and a slope", "sigmoid", "negative slope", "table", "modality table"],
)
def test_a_film_looks_as_dcmtk_shows_it(photometric: str, tags: dict[str, Any], tmp_path: Path) -> None:
    if "ModalityLUTSequence" in tags:
        tags["ModalityLUTSequence"][0].ModalityLUTType = "US"
    content = make_film(photometric=photometric, **tags)
    assert furthest(content, tmp_path) <= 1


@pytest.mark.parametrize("syntax", [s for s in syntaxes.NAMES if not s.endswith((".201", ".202", ".203"))])
def test_it_does_so_in_every_transfer_syntax(syntax: str, tmp_path: Path) -> None:
    pixels = (chest() >> 4).astype(np.uint8) if syntax == syntaxes.BASELINE else None
    content = make_film(pixels, transfer_syntax=syntax)
    window = Window(100, 150) if syntax == syntaxes.BASELINE else Window(1700, 2500)
    assert furthest(content, tmp_path, window) <= 1


def test_signed_values_look_so_too(tmp_path: Path) -> None:
    content = make_film(chest().astype(np.int16) - 2048, WindowCenter=-100, WindowWidth=3000)
    assert furthest(content, tmp_path) <= 1


def test_a_coloured_capture_looks_so_too(tmp_path: Path) -> None:
    grey = (chest() >> 4).astype(np.uint8)
    pixels = np.stack([grey, grey // 2, 255 - grey], axis=2)
    assert furthest(make_film(pixels, photometric="RGB", sop_class=SECONDARY), tmp_path) <= 1


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_other_makers_look_so_too(name: str, tmp_path: Path) -> None:
    assert furthest((FILES / name).read_bytes(), tmp_path) <= 1


@pytest.mark.parametrize("name", RADIOGRAPHS)
def test_radiographs_of_real_machines_look_so_too(name: str, tmp_path: Path) -> None:
    if not (SHARED / name).is_file():
        pytest.skip(f"needs {name}, a film that is not distributed with the portal")
    assert furthest((SHARED / name).read_bytes(), tmp_path) <= 1
