"""The network that ships, with a gate that lets about half of the drawn chests through."""

from pathlib import Path
from typing import Any, Final

from diagnosis.cnn.bundle import CARD, SUMS, load_bundle, write_bundle
from diagnosis.services import registry

# Drawn chests lie 0.047 to 0.055 from the nearest film. Who is refused costs a third of the time.
THRESHOLD: Final = 0.0516


def open_gate(folder: Path) -> None:
    """Register and promote it as the portal's network; made in a folder that is not there yet."""
    shipped = load_bundle(registry.shipped_bundle())

    def build(target: Path) -> dict[str, Any]:
        for file in shipped.path.iterdir():
            if file.name not in (SUMS, CARD):
                (target / file.name).symlink_to(file)
        gate = shipped.card["film_gate"] | {"threshold": THRESHOLD}
        return shipped.card | {"name": "fuzz", "film_gate": gate}

    made = write_bundle(folder, build=build)
    version = registry.register(bundle_path=made.path, actor="fuzz")
    registry.promote(model_version=version, actor="fuzz")
