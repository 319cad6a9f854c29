"""A bundle is whole and of this release, or loading it says what is wrong."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diagnosis.cnn.bundle import (
    CHECKS,
    CHECKS_CARD,
    DEFAULT,
    FILM_CHECKS,
    FORMAT_VERSION,
    SHIPPED,
    BundleCorrupt,
    BundleError,
    BundleFormatUnsupported,
    find_bundle,
    load_bundle,
    with_film_checks,
    write_bundle,
)
from diagnosis.cnn.findings import FINDINGS, TASKS

FILES = ("model.keras", "model.tflite", "lungs.tflite", "reference.npz")
CARD = {"name": "test", "version": "0.1", "findings": list(FINDINGS)}


def fill(folder: Path) -> dict[str, Any]:
    for name in FILES:
        (folder / name).write_bytes(name.encode() * 50)
    return CARD


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "models" / "bundle", build=fill).path


def test_a_written_bundle_loads(bundle: Path) -> None:
    loaded = load_bundle(bundle)
    assert (loaded.name, loaded.version) == ("test", "0.1")
    assert loaded.card["format_version"] == FORMAT_VERSION
    assert len(loaded.checksum) == 64


@pytest.mark.parametrize("name", [*FILES, "card.json"])
def test_one_changed_byte_is_found_and_named(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(BundleCorrupt, match=name):
        load_bundle(bundle)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda folder: (folder / "model.tflite").unlink(), "model.tflite"),
        (lambda folder: (folder / "lungs.tflite").unlink(), "lungs.tflite"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS"),
        (lambda folder: (folder / "SHA256SUMS").write_bytes(b"\xff\xfe"), "SHA256SUMS"),
        (lambda folder: (folder / "SHA256SUMS").write_text("nonsense\n"), "SHA256SUMS"),
        (lambda folder: (folder / "SHA256SUMS").write_text(""), "model.tflite|card.json"),
        (lambda folder: (folder / "extra.bin").write_bytes(b"x"), "extra.bin"),
    ],
)
def test_missing_and_strange_files_are_named(
    bundle: Path, damage: Callable[[Path], object], named: str
) -> None:
    damage(bundle)
    with pytest.raises(BundleCorrupt, match=named):
        load_bundle(bundle)


@pytest.mark.parametrize("task", sorted(TASKS))
def test_a_bundle_of_any_task_loads_and_names_its_findings(tmp_path: Path, task: str) -> None:
    card = {"findings": list(TASKS[task]), "architecture": "resnet50"}
    bundle = write_bundle(tmp_path / "b", build=lambda folder: fill(folder) | card)
    assert bundle.findings == TASKS[task]
    assert bundle.architecture == "resnet50"


@pytest.mark.parametrize(
    "findings",
    [["normal", "covid19", "pneumonia"], ["normal", "covid19"], ["covid19"], [], None, 3, "normal"],
)
def test_findings_of_no_task_are_refused_and_named(tmp_path: Path, findings: Any) -> None:
    with pytest.raises(BundleCorrupt, match=r"card\.json is wrong.*covid19-normal|is not a list of classes"):
        write_bundle(tmp_path / "b", build=lambda folder: fill(folder) | {"findings": findings})


def test_another_format_is_another_error(tmp_path: Path) -> None:
    def other(card: dict[str, Any]) -> Path:
        return write_bundle(tmp_path / "b", build=lambda folder: fill(folder) | card).path

    path = other({})
    card = json.loads((path / "card.json").read_text()) | {"format_version": FORMAT_VERSION + 1}
    text = json.dumps(card)
    (path / "card.json").write_text(text)
    sums = (path / "SHA256SUMS").read_text().splitlines()
    digest = hashlib.sha256(text.encode()).hexdigest()
    lines = [f"{digest}  card.json" if line.endswith("card.json") else line for line in sums]
    (path / "SHA256SUMS").write_text("".join(line + "\n" for line in lines))
    with pytest.raises(BundleFormatUnsupported, match=f"format {FORMAT_VERSION + 1}"):
        load_bundle(path)


def test_a_failed_write_leaves_the_old_bundle_and_nothing_else(bundle: Path) -> None:
    before = load_bundle(bundle).checksum

    def breaks(folder: Path) -> dict[str, Any]:
        fill(folder)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_bundle(bundle, build=breaks)
    assert load_bundle(bundle).checksum == before
    assert [entry.name for entry in bundle.parent.iterdir()] == [bundle.name]


def test_a_new_bundle_takes_the_place_of_the_old_one(bundle: Path) -> None:
    write_bundle(bundle, build=lambda folder: fill(folder) | {"version": "0.2"})
    assert load_bundle(bundle).version == "0.2"
    assert [entry.name for entry in bundle.parent.iterdir()] == [bundle.name]


def test_bundles_are_found_by_path_or_by_name(bundle: Path) -> None:
    assert find_bundle(str(bundle)) == bundle
    assert find_bundle(DEFAULT) == SHIPPED / DEFAULT
    with pytest.raises(BundleError, match=f"no-such.*{DEFAULT}"):
        find_bundle("no-such")


def test_the_shipped_bundle_is_whole_small_and_says_where_it_comes_from() -> None:
    bundle = load_bundle(SHIPPED / DEFAULT)
    assert sum(file.stat().st_size for file in SHIPPED.rglob("*") if file.is_file()) <= 37_000_000
    assert (bundle.name, bundle.version) == ("carina-cxr", "3.0.0")
    card = bundle.card
    assert card["export_check"]["largest_probability_difference"] <= 1e-3
    assert card["weights_started_from"]["licence"] == "Apache-2.0"
    assert set(card["data"]["licences"]) == set(card["metrics"]["test"]["sources"]) | {"figure1"}
    assert card["training"]["seed"] == card["training"]["options"]["seed"]
    assert card["ages"] == {"covid19": 18, "pneumonia": 1, "normal": 1}  # its only children
    assert set(bundle.operating_points) == {"sensitivity_95", "specificity_95"}
    lower, upper = bundle.unsure_band
    assert 0 < lower < upper < 1


def test_the_shipped_bundle_is_on_the_test_split_what_the_guides_say() -> None:
    metrics = load_bundle(SHIPPED / DEFAULT).card["metrics"]["test"]
    pooled, sources = metrics["pooled"], metrics["sources"]
    assert pooled["macro_auroc"]["value"] >= 0.96
    assert pooled["sensitivity_specificity"]["covid19"]["sensitivity_at_specificity_95"] >= 0.85
    assert pooled["ece"] <= 0.04
    assert sources["radiography-db"]["auroc_pairs"]["covid19 v. normal"]["value"] >= 0.94
    assert sources["nih-chestxray8"]["auroc_pairs"]["pneumonia v. normal"]["value"] >= 0.65


def test_a_bundle_that_was_made_without_a_lung_network_is_of_another_release(bundle: Path) -> None:
    (bundle / "lungs.tflite").unlink()
    sums = bundle / "SHA256SUMS"
    listed = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(line for line in listed if "lungs.tflite" not in line))
    with pytest.raises(BundleFormatUnsupported, match="promote another network"):
        load_bundle(bundle)


def test_film_checks_are_put_beside_a_bundles_networks_as_another_version(tmp_path: Path) -> None:
    plain = write_bundle(tmp_path / "plain", build=lambda folder: fill(folder) and CARD)
    assert plain.film_checks is None
    checked = with_film_checks(plain, FILM_CHECKS, tmp_path / "checked", "0.2")
    assert checked.film_checks is not None
    assert [path.read_bytes() for path in checked.film_checks] == [
        (FILM_CHECKS / name).read_bytes() for name in (CHECKS, CHECKS_CARD)
    ]
    assert (checked.name, checked.version) == (plain.name, "0.2")
    assert checked.checksum != plain.checksum
    for name in FILES:
        assert (checked.path / name).read_bytes() == (plain.path / name).read_bytes()


@pytest.mark.parametrize("alone", [CHECKS, CHECKS_CARD])
def test_film_checks_without_their_card_or_graph_are_no_whole_bundle(tmp_path: Path, alone: str) -> None:
    def build(folder: Path) -> dict[str, Any]:
        (folder / alone).write_bytes((FILM_CHECKS / alone).read_bytes())
        return fill(folder)

    with pytest.raises(BundleCorrupt, match=r"film-checks.* is missing"):
        write_bundle(tmp_path / "b", build=build)
