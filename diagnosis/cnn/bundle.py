"""A bundle, a trained model on disk: the Keras model, its exported graph, card.json and a checksum over all.

A bundle is the only thing that goes from training to the clinic:

    card.json       what it is, how it was trained, how it performed, and its format
    model.keras     the network as TensorFlow trained it
    model.tflite    the same graph, float32, as workers run it
    lungs.tflite    the lung network, which finds the box of a film to look at
    film-checks.tflite, film-checks.json
                    the film checks' network and its card; bundles made before it have neither
    reference.npz   features of training films, for the question "is this a chest X-ray at all?"
    SHA256SUMS      a line for every other file, as `sha256sum -c` reads it

The bundle's checksum is the SHA-256 of SHA256SUMS, and so of everything.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from diagnosis.cnn.findings import task_of

FORMAT_VERSION: Final = 1
CARD: Final = "card.json"
KERAS: Final = "model.keras"
TFLITE: Final = "model.tflite"
LUNGS: Final = "lungs.tflite"
CHECKS: Final = "film-checks.tflite"
CHECKS_CARD: Final = "film-checks.json"
REFERENCE: Final = "reference.npz"
SUMS: Final = "SHA256SUMS"
SHIPPED: Final = Path(__file__).parent / "bundles"
DEFAULT: Final = "carina-cxr-3"
# The lung network that training adds to its bundles.
LUNG_NETWORK: Final = SHIPPED / "lungs-1" / LUNGS
# The film checks that training adds to its bundles: a folder with both files.
FILM_CHECKS: Final = SHIPPED / "film-checks-1"


class BundleError(Exception):
    """A bundle cannot be used; the message says which one, why, and what to do."""


class BundleCorrupt(BundleError):
    """A file is missing, was changed, or is not what the card says."""


class BundleFormatUnsupported(BundleError):
    """The bundle is of a format that this release does not read."""


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold on p_abnormal = 1 - p_normal, with its measured sensitivity and specificity on n films."""

    name: str
    threshold: float
    sensitivity: float
    specificity: float
    n: int


@dataclass(frozen=True)
class Bundle:
    """A bundle with a correct checksum and format. `card` is the content of card.json."""

    path: Path
    card: dict[str, Any]
    checksum: str

    @property
    def name(self) -> str:
        """The model's name, for example "carina-cxr"."""
        return str(self.card["name"])

    @property
    def version(self) -> str:
        """The model's version, for example "1.0.0"."""
        return str(self.card["version"])

    @property
    def findings(self) -> tuple[str, ...]:
        """The classes it tells apart, in the order of its outputs; "normal" is the last.

        Raises BundleCorrupt if the card's classes are not those of a task.
        """
        findings = self.card.get("findings")
        try:
            if not isinstance(findings, list):
                raise ValueError(f"{findings} is not a list of classes")
            task_of(findings)
        except ValueError as error:
            raise BundleCorrupt(f"{self.path}: {CARD} is wrong: {error}; get the bundle again") from error
        return tuple(findings)

    @property
    def architecture(self) -> str:
        """The network's name as `architectures.ARCHITECTURES` has it, such as "efficientnet_lite0"."""
        return str(self.card["architecture"])

    @property
    def temperature(self) -> float:
        """What logits are divided by before the softmax."""
        return float(self.card["calibration"]["temperature"])

    @property
    def operating_points(self) -> dict[str, OperatingPoint]:
        """The operating points by name, measured on `val` or on a hospital's own films."""
        names = ("threshold", "sensitivity", "specificity", "n")
        return {
            name: OperatingPoint(name, *(values[key] for key in names))
            for name, values in self.card["operating_points"].items()
        }

    @property
    def unsure_band(self) -> tuple[float, float]:
        """Limits on p_abnormal: below the first "normal", from the second "pathological", else "unsure"."""
        band = self.card["unsure_band"]
        return float(band["lower"]), float(band["upper"])

    @property
    def graph(self) -> Path:
        """The exported graph that LiteRT runs."""
        return self.path / TFLITE

    @property
    def keras_model(self) -> Path:
        """The Keras model, for further training and for the reference runtime."""
        return self.path / KERAS

    @property
    def lungs(self) -> Path:
        """The graph of the lung network."""
        return self.path / LUNGS

    @property
    def film_checks(self) -> tuple[Path, Path] | None:
        """The graph and the card of the film checks; None for a bundle made before these."""
        graph, card = self.path / CHECKS, self.path / CHECKS_CARD
        return (graph, card) if graph.is_file() else None

    @property
    def reference(self) -> Path:
        """The file of training films for the film gate (`films`, float16 (n, d), unit length)."""
        return self.path / REFERENCE


def find_bundle(name_or_path: str | Path) -> Path:
    """The bundle's folder, from a path or the name of a shipped bundle. Raises BundleCorrupt if neither."""
    path = Path(name_or_path)
    if path.is_dir():
        return path
    if (SHIPPED / path).is_dir():
        return SHIPPED / path
    shipped = ", ".join(sorted(folder.name for folder in SHIPPED.glob("[!.]*") if (folder / CARD).is_file()))
    raise BundleCorrupt(
        f"{name_or_path}: no such bundle, neither a folder nor a shipped one ({shipped or 'none'})"
    )


def load_bundle(path: str | Path) -> Bundle:
    """Check a bundle's files against SHA256SUMS and its format version, and read its card.

    Raises BundleCorrupt or BundleFormatUnsupported, both BundleError.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise BundleCorrupt(f"{folder}: there is no such bundle")
    checksum = _check_sums(folder)
    try:
        card = json.loads((folder / CARD).read_bytes())
        version = card["format_version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleCorrupt(f"{folder}: {CARD} cannot be read ({error}); get the bundle again") from error
    if version != FORMAT_VERSION:
        raise BundleFormatUnsupported(
            f"{folder}: the bundle has format {version}, this release reads format {FORMAT_VERSION}; "
            "train it again"
        )
    bundle = Bundle(folder, card, checksum)
    _ = bundle.findings  # read once here, so that wrong classes are found on loading
    return bundle


def _check_sums(folder: Path) -> str:
    """Check every file against SHA256SUMS, without extra or missing files; returns its digest."""
    try:
        listing = (folder / SUMS).read_bytes()
        pairs = [line.split("  ", 1) for line in listing.decode().splitlines()]
        listed = {name: digest for digest, name in pairs}
    except (OSError, ValueError) as error:
        raise BundleCorrupt(f"{folder}: {SUMS} cannot be read ({error}); get the bundle again") from error
    present = {file.name for file in folder.iterdir() if file.is_file()} - {SUMS}
    checks = {CHECKS, CHECKS_CARD}  # both or, in a bundle made before them, neither
    needed = {CARD, KERAS, TFLITE, LUNGS, REFERENCE} | (checks if checks & present else set())
    missing = sorted((needed | set(listed)) - present)
    if missing == [LUNGS] and LUNGS not in listed:
        raise BundleFormatUnsupported(
            f"{folder}: the bundle was made without a lung network, which this release needs; "
            "promote another network, or train it again"
        )
    if missing:
        raise BundleCorrupt(f"{folder}: {', '.join(missing)} is missing; get the bundle again")
    strangers = sorted(present - set(listed))
    if strangers:
        raise BundleCorrupt(f"{folder}: {', '.join(strangers)} is not listed in {SUMS}; remove it")
    for name, expected in sorted(listed.items()):
        if _digest(folder / name) != expected:
            raise BundleCorrupt(f"{folder}: {name} was changed (checksum wrong); get the bundle again")
    return hashlib.sha256(listing).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_bundle(folder: Path, *, build: Callable[[Path], dict[str, Any]]) -> Bundle:
    """Write a bundle and return it as `load_bundle` reads it.

    `build` puts the model's files into the folder it is given and returns the card. That folder is temporary
    and renamed at the end; an existing bundle is replaced only then.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        card = build(partial) | {"format_version": FORMAT_VERSION}
        (partial / CARD).write_text(json.dumps(card, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
        names = sorted(file.name for file in partial.iterdir())
        (partial / SUMS).write_text("".join(f"{_digest(partial / name)}  {name}\n" for name in names))
        partial.chmod(0o755)
        load_bundle(partial)
        _take_place(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return load_bundle(folder)


def with_film_checks(bundle: Bundle, checks: Path, folder: Path, version: str) -> Bundle:
    """The bundle of another version in another folder, with the film checks of a folder."""

    def build(partial: Path) -> dict[str, Any]:
        for name in (KERAS, TFLITE, LUNGS, REFERENCE):
            shutil.copyfile(bundle.path / name, partial / name)
        for name in (CHECKS, CHECKS_CARD):
            shutil.copyfile(checks / name, partial / name)
        return bundle.card | {"version": version}

    return write_bundle(folder, build=build)


def _take_place(partial: Path, folder: Path) -> None:
    """Rename to the final name; an existing folder there is moved aside first and deleted."""
    if not folder.exists():
        partial.rename(folder)
        return
    aside = folder.with_name(f".{folder.name}-old-{os.getpid()}")
    folder.rename(aside)
    partial.rename(folder)
    shutil.rmtree(aside)
