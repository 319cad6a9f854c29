"""`manage.py train_lungs`, in a process of its own, on drawn films and drawn lungs."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image, ImageDraw

from diagnosis.cnn.lungs import LungFinder
from tests.diagnosis.cnn.conftest import draw_film

ROOT = Path(__file__).parents[4]


def draw_lungs() -> Image.Image:
    mask = Image.new("L", (96, 96), 0)
    for left in (14, 52):
        ImageDraw.Draw(mask).ellipse((left, 14, left + 30, 80), fill=255)
    return mask


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Six films with masks, of which two are in the test split."""
    with (tmp_path / "manifest.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "label", "source", "split", "lung_mask"])
        for k in range(6):
            draw_film("normal", k).save(tmp_path / f"{k}.png")
            draw_lungs().save(tmp_path / f"{k}-lungs.png")
            split = "train" if k < 4 else "test"
            writer.writerow([f"{k}.png", "normal", "drawn", split, f"{k}-lungs.png"])
    return tmp_path / "manifest.csv"


@pytest.mark.slow
def test_three_steps_end_in_a_lung_network_that_answers(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "lungs"
    done = subprocess.run(
        [
            sys.executable, "manage.py", "train_lungs", "--manifest", str(manifest), "--out", str(out),
            "--steps", "3", "--seed", "7",
        ],
        capture_output=True, text=True, cwd=ROOT, check=False,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "6 films with drawn lungs" in done.stdout
    assert "test: 2 films, overlap" in done.stdout
    card = json.loads((out / "lungs.json").read_text())
    assert (card["options"]["steps"], card["options"]["seed"], card["trained_on"]) == (3, 7, 4)
    mask = LungFinder(out / "lungs.tflite").mask(np.asarray(draw_film("normal", 0), np.float32) / 255)
    assert mask.shape == (48, 48)
    assert 0 <= mask.min() < mask.max() <= 1


def test_what_cannot_be_trained_on_is_told_in_words(manifest: Path, tmp_path: Path) -> None:
    def refused(words: str, path: Path = manifest) -> None:
        with pytest.raises(CommandError, match=words):
            call_command("train_lungs", "--manifest", str(path), "--out", str(tmp_path / "lungs"))
        assert not (tmp_path / "lungs").exists()

    refused("a folder has no lung masks", tmp_path)
    refused("cannot be read", tmp_path / "nowhere.csv")
    rows = manifest.read_text()
    manifest.write_text(rows.replace(",train,", ",val,"))
    refused("none of the 6 films with a lung mask is in the train split")
    manifest.write_text(rows.replace("0-lungs.png", "gone.png").replace("5.png", "lost.png"))
    refused(r"(?s)2 things.*gone\.png: no such file.*lost\.png: no such file")
    manifest.write_text("file,label,source,split\n0.png,normal,drawn,train\n")
    refused("no film has a lung mask")
