"""What tests that train need: drawn films, and TensorFlow in processes of its own.

The tests' process later starts workers, and a fork after TensorFlow hangs.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
ENVIRONMENT = os.environ | {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONPATH": str(ROOT),
    "PYTHONUNBUFFERED": "1",
}
# of one size, but for the width of its dense layer: at 256 it has 201,870,083 weights
SMALL = {"flattened_cnn": ("--input-size", "224", "--bottleneck", "2")}
LABELS = ("covid19", "pneumonia", "normal")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, check=False
    )


def drawn_rows() -> list[dict[str, str]]:
    """Two sources with every class each, split for training and for looking at."""
    return [
        {"file": f"{split}-{source}-{label}-{k}.png", "label": label, "source": source, "split": split}
        for split, count in (("train", 2), ("val", 1))
        for source in ("here", "there")
        for label in LABELS
        for k in range(count)
    ]


def train(manifest: Path, work: Path, architecture: str, *more: str) -> subprocess.CompletedProcess[str]:
    return python(
        "manage.py", "train_model", "--manifest", str(manifest), "--out", str(work / "bundle"),
        "--work", str(work), "--architecture", architecture, "--epochs", "1", "--batch", "6", "--looks", "1",
        "--input-size", "64", "--no-imagenet", "--bundle-name", architecture,
        *SMALL.get(architecture, ()), *more,
    )  # fmt: skip
