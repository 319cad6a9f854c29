"""Compares films with the pictures that DCMTK makes of them; what decoding costs: see `dicom_speed`.

    python benchmarks/dicom_pictures.py [--films DIR]

A table: each transfer syntax, polarity and window, of a film drawn here, then the DICOM files of a
folder and pydicom's own, with our largest difference from DCMTK in grey levels of 255. DCMTK (dcmj2pnm,
dcml2pnm) must be installed; it reads no JPEG 2000, so pydicom decodes such films for it. Windows are those
of the film or, where it has none, the one that the portal chose: DCMTK has no such rule.
"""

import argparse
import logging
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np
import pydicom

from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.dicom.picture import rendered, stored_values
from diagnosis.imaging.dicom.rule import Window
from diagnosis.imaging.refusal import FilmRefused
from tests.dicom_films import chest, make_film, shown_by_dcmtk

WINDOWS: dict[str, dict[str, Any]] = {
    "window": {"WindowCenter": 2000, "WindowWidth": 3000},
    "sigmoid": {"WindowCenter": 2000, "WindowWidth": 1000, "VOILUTFunction": "SIGMOID"},
    "slope -10": {
        "WindowCenter": -15000, "WindowWidth": 40000, "RescaleSlope": -10, "RescaleIntercept": 3000,
    },
    "none": {},
}  # fmt: skip
FAST_JPEG_2000 = (".201", ".202", ".203")  # nothing here writes them


def difference(path: Path) -> str:
    """The largest difference from DCMTK's picture, or why there is none."""
    try:
        window = stored_values(path).window
    except FilmRefused as refusal:
        return f"refused: {refusal.code}"
    if window is not None and window.function == "LINEAR_EXACT":  # DCMTK knows the other two alone
        window = Window(window.centre + 0.5, window.width + 1)
    try:
        shown = shown_by_dcmtk(path.read_bytes(), window)
    except Exception as error:  # DCMTK or pydicom cannot read it
        return f"no picture by DCMTK ({type(error).__name__})"
    return str(int(np.abs(rendered(path, window).astype(int) - shown).max()))


def drawn(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Syntax, polarity, window and difference of each film drawn here."""
    path = folder / "film.dcm"
    for syntax, name in syntaxes.NAMES.items():
        if syntax.endswith(FAST_JPEG_2000):
            continue
        for photometric in ("MONOCHROME1", "MONOCHROME2"):
            for words, tags in WINDOWS.items():
                pixels = (chest() >> 4).astype(np.uint8) if syntax == syntaxes.BASELINE else None
                path.write_bytes(make_film(pixels, transfer_syntax=syntax, photometric=photometric, **tags))
                yield name, photometric, words, difference(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--films", type=Path, default=ROOT.parent / "shared" / "data" / "dicom")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as made:
        for line in drawn(Path(made)):
            print("{:40} {:12} {:10} {}".format(*line))
        own = Path(pydicom.__file__).parent / "data" / "test_files"
        for path in [*sorted(options.films.glob("*.dcm")), *sorted(own.glob("*.dcm"))]:
            print(f"{path.name:64} {difference(path)}", flush=True)


if __name__ == "__main__":
    main()
