"""The commands, on films and manifests made by hand."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from diagnosis.cnn.bundle import DEFAULT


@pytest.fixture
def manifest(write_manifest: Callable[..., Path]) -> Path:
    return write_manifest(
        [
            {"file": f"{source}/{label}-{k}.png", "label": label, "source": source}
            for source, labels in (("both", ("covid19", "normal")), ("single", ("pneumonia",)))
            for label in labels
            for k in range(3)
        ]
    )


def test_evaluation_prints_figures_by_source_and_writes_json_and_csv(manifest: Path, tmp_path: Path) -> None:
    out = io.StringIO()
    call_command(
        "evaluate_model", "--bundle", DEFAULT, "--manifest", str(manifest),
        "--json", str(tmp_path / "f.json"), "--predictions", str(tmp_path / "p.csv"),
        "--processes", "1", stdout=out,
    )  # fmt: skip
    text = out.getvalue()
    for words in ("macro AUROC", "calibration error", "both", "single", "only pneumonia films"):
        assert words in text
    report = json.loads((tmp_path / "f.json").read_text())
    assert report["pooled"]["n"] == 9
    assert report["sources"]["both"]["auroc_abnormal"]["value"] is not None
    assert report["sources"]["both"]["macro_auroc"]["value"] is None
    assert report["sources"]["single"]["auroc_abnormal"]["value"] is None
    assert report["sources"]["single"]["sensitivity_specificity"]["pneumonia"]["sensitivity"] is not None
    with (tmp_path / "p.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["file", "label", "source", "p_covid19", "p_pneumonia", "p_normal"]
    assert [row[0] for row in rows[1:]][:2] == ["both/covid19-0.png", "both/covid19-1.png"]
    assert all(sum(map(float, row[3:])) == pytest.approx(1, abs=1e-4) for row in rows[1:])


def test_evaluation_names_missing_and_unknown_and_unreadable_films(manifest: Path, tmp_path: Path) -> None:
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join([*lines, "gone.png,normal,x", "both/normal-0.png,flu,x"]) + "\n")
    with pytest.raises(CommandError, match=r"(?s)2 things.*gone.png: no such file.*unknown label 'flu'"):
        call_command("evaluate_model", "--manifest", str(manifest))
    manifest.write_text("\n".join(lines) + "\n")
    (tmp_path / "both/normal-1.png").write_bytes(b"no picture")
    with pytest.raises(CommandError, match=r"both/normal-1\.png"):
        call_command("evaluate_model", "--manifest", str(manifest), "--processes", "1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bundle", "nonesuch"], "nonesuch: no such bundle"),
        (["--split", "test"], "no labelled film in the split 'test'"),
    ],
)
def test_evaluation_says_what_it_lacks(manifest: Path, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("evaluate_model", "--manifest", str(manifest), *arguments)


def test_training_lists_problems_before_the_first_step(manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"(?s)did not start.*split '' is none of.*class normal: no film"):
        call_command("train_model", "--manifest", str(manifest), "--work", str(tmp_path / "work"))
    assert not (tmp_path / "work").exists()


def test_analyse_prints_a_line_of_json_a_film_and_fails_for_refused_ones(manifest: Path) -> None:
    films = [str(manifest.parent / f"both/normal-{k}.png") for k in range(2)]
    out = io.StringIO()
    call_command("analyse", *films, "--json", "--no-gate", stdout=out)
    records = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [record["file"] for record in records] == films
    assert all(record["finding"] in record["probabilities"] for record in records)
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2"):
        call_command("analyse", films[0], "/nowhere.png", "--no-gate", stdout=out)
    assert "research use only" in out.getvalue()
    assert "diagnosis" not in out.getvalue()
