"""The command that writes the model card: the whole page from films drawn by code, and what it lacks."""

import contextlib
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnosis.cnn.bundle import DEFAULT
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


def test_the_command_writes_a_card_with_its_pictures_and_nobodys_film(manifest: Path, tmp_path: Path) -> None:
    draw_film("covid19", 3).convert("1").save(tmp_path / "mask.png")
    with (tmp_path / "regions.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "left_lung", "ground_glass"])
        writer.writerows([f"covid19-{k}.png", "mask.png", "mask.png"] for k in range(5))
    loso = tmp_path / "loso.json"
    loso.write_text(json.dumps({"kermany": {"auroc": 0.875, "seeds": 3}, "protocol": {"films_seen": 3600}}))
    out = tmp_path / "docs/model-card.md"
    assert "model-card.md with" in write(manifest, out, "--loso", str(loso))
    text = out.read_text()
    for words in (
        "Research use only. Not a medical device.",
        "31 films, the test split of",
        "not the one that it was trained with",
        "It must not be used",
        "| drawn | 31 | 20 | 5 | 6 |",
        "| sex: female | 31 |",
        "COVID-19 against other pneumonia: AUROC",
        "Expected calibration error",
        "0.875",
        "31,488 films where these saw 3,600 each.",
        "`python -m research.shortcuts` does",
        "| opacities | all of them | 5 |",
        "kermany | pneumonia |",
        "CC BY 4.0",
    ):
        assert words in text
    pictures = {path.name for path in (tmp_path / "docs/pictures/model-card").iterdir()}
    assert {"confusion.png", "roc.png", "reliability.png", "risk-coverage.png", "mean-maps.png"} <= pictures
    for name in pictures:
        assert f"](pictures/model-card/{name})" in text
    assert str(tmp_path) not in text


def test_without_regions_and_figures_the_card_says_so(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "card.md"
    write(manifest, out)
    text = out.read_text()
    assert "No regions drawn by radiologists were at hand" in text
    assert text.count("Not measured for this card") == 2


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--split", "val"], "no labelled film in the split 'val'"),
        (["--regions", "/nowhere/regions.csv"], "regions cannot be read"),
        (["--loso", "/nowhere/loso.json"], "these figures cannot be read"),
        (
            ["--loso", "plain.json"],
            "of another recipe than carina-cxr: frozen_blocks, bottleneck, crop",
        ),
        (["--loso", "other.json"], "other.json: these figures are none of research.leave_one_source_out"),
        (["--audit", "other.json"], r"of another bundle \(0123\) than carina-cxr"),
    ],
)
def test_the_command_says_what_it_lacks(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    options = {"frozen_blocks": 0, "ema": 0.996}
    protocol = {"options": options, "preprocessing": {"crop": "film"}, "films_seen": 9}
    (tmp_path / "plain.json").write_text(json.dumps({"protocol": protocol}))
    (tmp_path / "other.json").write_text(json.dumps({"bundle": {"checksum": "0123"}}))
    with pytest.raises(SystemExit, match=words):
        write(manifest, tmp_path / "card.md", *more)
    assert not (tmp_path / "card.md").exists()
