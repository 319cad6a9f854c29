"""The command that writes the model card, on films drawn by code, and the card in docs/."""

import contextlib
import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from diagnosis.cnn.bundle import DEFAULT, find_bundle, load_bundle
from research.model_card.__main__ import main
from tests.diagnosis.cnn.conftest import draw_film


@pytest.fixture
def manifest(write_manifest: Callable[..., Path]) -> Path:
    films = [("covid19", 20), ("normal", 6), ("pneumonia", 5)]
    return write_manifest(
        [
            {"file": f"{label}-{k}.png", "label": label, "source": "drawn", "split": "test", "sex": "f",
             "age": "40", "view": "PA", "group": f"{label}{k}"}
            for label, count in films
            for k in range(count)
        ]
    )  # fmt: skip


def write(manifest: Path, out: Path, *more: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main([
            "--bundle", DEFAULT, "--manifest", str(manifest), "--out", str(out),
            "--processes", "1", "--resamples", "20", *more,
        ])  # fmt: skip
    return said.getvalue()


def assert_one_page(card: Path) -> list[str]:
    """A card is at most 150 lines, its four pictures are small and there, and no film is named."""
    lines = card.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    assert not [line for line in lines if len(line) > 120 and not line.startswith(("|", "!["))]
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", "\n".join(lines))
    assert len(pictures) <= 4
    assert {card.parent / name for name in pictures} == {*(card.parent / "pictures" / card.stem).iterdir()}
    assert all((card.parent / name).stat().st_size <= 100_000 for name in pictures)
    words = " ".join(line for line in lines if not line.startswith("!["))
    assert not re.findall(r"\S+\.(?:png|jpe?g|dcm)", words)
    return pictures


def test_the_command_writes_one_page_with_its_pictures_and_nobodys_film(
    manifest: Path, tmp_path: Path
) -> None:
    draw_film("covid19", 3).convert("1").save(tmp_path / "mask.png")
    with (tmp_path / "regions.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "left_lung", "ground_glass"])
        writer.writerows([f"covid19-{k}.png", "mask.png", "mask.png"] for k in range(5))
    out = tmp_path / "docs/model-card.md"
    assert "model-card.md with 4 pictures" in write(manifest, out)
    text = out.read_text()
    for words in (
        "Research use only. Not a medical device.",
        "It must not be used",
        "On 31 films, the test split",
        "| drawn | 31 | 20 | 5 | 6 |",
        "| sex: female | 31 |",
        "| projection: PA | 31 |",
        "of 25 abnormal films (",
        "**COVID-19 against other pneumonia** has an AUROC of",
        "expected calibration error",
        "Fewer than 20 films, so no map: drawn normal, drawn pneumonia.",
        "Of these 5 films 0 are in the train split",
        "| opacities | 5 |",
        "| kermany | CC BY 4.0 | normal 1,181, pneumonia 3,132 |",
        "31,456 films shown",
        f"--bundle {DEFAULT} --manifest films.csv --split test",
        f"checksum `{load_bundle(find_bundle(DEFAULT)).checksum}`",
        "not those that the network was trained with",
    ):
        assert words in " ".join(text.split()), words
    assert set(assert_one_page(out)) == {
        f"pictures/model-card/{name}.png" for name in ("roc", "confusion", "reliability", "mean-maps")
    }
    assert str(tmp_path) not in text
    assert str(Path.cwd()) not in text


def test_films_of_one_class_get_a_card_that_says_so(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [{"file": f"{k}.png", "label": "covid19", "source": "drawn", "split": "test"} for k in range(3)]
    out = tmp_path / "card.md"
    write(write_manifest(rows), out)
    assert "| drawn | 3 | 3 | 0 | 0 | COVID-19 only | – |" in out.read_text()
    assert "No class of any source has the 20 films" in out.read_text()
    assert_one_page(out)


def test_without_regions_the_card_says_so(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "card.md"
    write(manifest, out)
    assert "No regions drawn by radiologists were at hand" in out.read_text()
    assert_one_page(out)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--split", "val"], "no labelled film in the split 'val'"),
        (["--regions", "/nowhere/regions.csv"], "regions cannot be read"),
        (["--bundle", "nowhere"], "nowhere: no such bundle"),
        (["--manifest", "/nowhere/films.csv"], "the manifest cannot be read"),
    ],
)
def test_the_command_says_what_it_lacks(manifest: Path, tmp_path: Path, more: list[str], words: str) -> None:
    with pytest.raises(SystemExit, match=words):
        write(manifest, tmp_path / "card.md", *more)
    assert not (tmp_path / "card.md").exists()


def test_the_card_in_docs_is_one_page_on_the_bundle_that_ships() -> None:
    card = Path(settings.BASE_DIR) / "docs/model-card.md"
    assert len(assert_one_page(card)) == 4
    text = card.read_text(encoding="utf-8")
    assert load_bundle(find_bundle(DEFAULT)).checksum in text
    headings = re.findall(r"^#+ (.+)$", (card.parent / "../research/README.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    linked = set(re.findall(r"research/README\.md#([\w-]+)", text))
    assert linked
    assert linked <= anchors
