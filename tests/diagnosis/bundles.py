"""Networks for tests: the one that ships, equal ones of other versions, and some that only look like one."""

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from diagnosis.cnn.bundle import LUNG_NETWORK, LUNGS, SUMS, Bundle, load_bundle, write_bundle
from diagnosis.cnn.findings import TASKS
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.models import ModelVersion
from diagnosis.services import registry

ROOT = Path(__file__).parents[2]


@lru_cache(maxsize=1)
def shipped() -> Bundle:
    return load_bundle(registry.shipped_bundle())


def entered(bundle: Bundle, *, active: bool | None = None) -> ModelVersion:
    """A row that names the bundle where it lies: registering copies thirty megabytes a test."""
    return ModelVersion.objects.create(
        name=bundle.name,
        version=bundle.version,
        bundle=str(bundle.path),
        checksum=bundle.checksum,
        card=bundle.card,
        active=active,
    )


def another_version(folder: Path, version: str) -> Bundle:
    """The network that ships under another version number."""

    def build(target: Path) -> dict[str, Any]:
        for file in shipped().path.iterdir():
            if file.name not in (SUMS, "card.json"):
                (target / file.name).symlink_to(file)
        return shipped().card | {"version": version}

    return write_bundle(folder, build=build)


def light(folder: Path, *, version: str = "1.0.0", content: bytes = b"x") -> Bundle:
    """The graph that ships without the Keras model: half the size. `content` stands in its place."""

    def build(target: Path) -> dict[str, Any]:
        for file in ("model.tflite", "lungs.tflite", "reference.npz"):
            (target / file).symlink_to(shipped().path / file)
        (target / "model.keras").write_bytes(content)
        return shipped().card | {"name": "light", "version": version}

    return write_bundle(folder, build=build)


_TWO_CLASSES = """
import sys
from pathlib import Path
import keras
from diagnosis.cnn.architectures import ARCHITECTURES
from diagnosis.cnn.training.export import export
keras.utils.set_random_seed(4)
network = ARCHITECTURES["sequential_cnn"].build(classes=2, dropout=0.5)
export(network, architecture="sequential_cnn", size=32, temperature=1.5, folder=Path(sys.argv[1]))
"""


def two_classes(folder: Path, task: str = "pneumonia-normal") -> Bundle:
    """A small network of another architecture that knows one disease and normal; its weights are random.

    TensorFlow runs in a process of its own: the tests' process later forks workers.
    """

    def build(target: Path) -> dict[str, Any]:
        subprocess.run(
            [sys.executable, "-c", _TWO_CLASSES, str(target)], cwd=ROOT, check=True, capture_output=True
        )
        (target / LUNGS).symlink_to(LUNG_NETWORK)
        np.savez(target / "reference.npz", films=np.full((1, 256), 1 / 16, np.float16))
        return shipped().card | {
            "name": "two-classes",
            "architecture": "sequential_cnn",
            "findings": list(TASKS[task]),
            "preprocessing": PreprocessingParameters(size=32).to_card(),
            "calibration": {"temperature": 1.5},
            # it has learned nothing, so it knows no film from another: its gate lets all of them pass
            "film_gate": shipped().card["film_gate"] | {"threshold": 1.0},
        }

    return write_bundle(folder, build=build)
