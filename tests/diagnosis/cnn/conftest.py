"""Films drawn by code, the shipped bundle, and the real films where they lie beside the repository."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image, ImageDraw, ImageFilter

from diagnosis.cnn.bundle import DEFAULT, SHIPPED
from diagnosis.cnn.classifier import Classifier
from diagnosis.management.commands.analyse import classifier_for


def draw_film(label: str, seed: int, *, side: int = 96) -> Image.Image:
    """Two dark lungs in a grey body, with a blob for each disease: enough to be decoded and told apart."""
    random = np.random.default_rng(seed)
    film = Image.new("L", (96, 96), 150)
    draw = ImageDraw.Draw(film)
    for left in (14, 52):
        draw.ellipse((left, 14, left + 30, 80), fill=40)
    if label == "pneumonia":
        draw.ellipse((20, 50, 40, 72), fill=200)
    if label == "covid19":
        for left in (16, 66):
            draw.ellipse((left, 30, left + 12, 72), fill=130)
    levels = np.asarray(film.filter(ImageFilter.GaussianBlur(2))) + random.normal(0, 6, (96, 96))
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).resize((side, side))


@pytest.fixture
def write_manifest(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as a manifest; files that are named and not there yet are drawn, unless draw=False."""

    def write(rows: list[dict[str, str]], *, draw: bool = True, folder: Path = tmp_path) -> Path:
        for number, row in enumerate(rows):
            path = folder / row["file"]
            if draw and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                draw_film(row["label"], number).save(path)
        with (folder / "manifest.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return folder / "manifest.csv"

    return write


@pytest.fixture(scope="session")
def shipped() -> Classifier:
    """The classifier of the bundle that ships."""
    assert (SHIPPED / DEFAULT).is_dir(), f"the repository must ship {DEFAULT}"
    return classifier_for(DEFAULT)


@pytest.fixture(scope="session")
def real_films() -> Path:
    """The folder of real films; skips where there is none."""
    folder = Path(os.environ.get("CARINA_CXR_DATA") or settings.BASE_DIR.parent / "shared/data/cxr")
    if not (folder / "manifest.csv").is_file():
        pytest.skip(f"needs the films of {folder} (or of CARINA_CXR_DATA)")
    return folder
