"""Networks for tests: the one that ships, equal ones of other versions, and some that only look like one."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from diagnosis.cnn.bundle import SUMS, Bundle, load_bundle, write_bundle
from diagnosis.cnn.findings import FINDINGS
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


def hollow(folder: Path, *, name: str = "hollow", version: str = "1.0.0", content: bytes = b"x") -> Bundle:
    """A bundle that is whole by its checksums and holds no network: enough for the registry."""
    point = {"threshold": 0.3, "sensitivity": 0.95, "specificity": 0.8, "n": 100}

    def build(target: Path) -> dict[str, Any]:
        for file in ("model.keras", "model.tflite", "reference.npz"):
            (target / file).write_bytes(content)
        return {
            "name": name,
            "version": version,
            "findings": list(FINDINGS),
            "operating_points": {"sensitivity_95": point, "specificity_95": point | {"threshold": 0.7}},
        }

    return write_bundle(folder, build=build)
