"""Networks for tests: the one that ships, equal ones of other versions, and some that only look like one."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from diagnosis.cnn.bundle import SUMS, Bundle, load_bundle, write_bundle
from diagnosis.models import ModelVersion
from diagnosis.services import registry


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
        for file in ("model.tflite", "reference.npz"):
            (target / file).symlink_to(shipped().path / file)
        (target / "model.keras").write_bytes(content)
        return shipped().card | {"name": "light", "version": version}

    return write_bundle(folder, build=build)
