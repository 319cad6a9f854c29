"""The commands, on films and manifests made by hand."""

import argparse
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from diagnosis.cnn.bundle import DEFAULT, LUNG_NETWORK, TFLITE, Bundle, find_bundle
from diagnosis.cnn.evaluation.prediction import answer_films
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training import cli
from diagnosis.cnn.training.options import TrainingOptions
from tests.diagnosis.cnn.conftest import draw_film


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


def test_evaluation_of_two_classes_counts_the_films_of_a_third_and_leaves_them_out(
    manifest: Path, pneumonia_or_normal: Bundle, tmp_path: Path
) -> None:
    out = io.StringIO()
    call_command(
        "evaluate_model", "--bundle", str(pneumonia_or_normal.path), "--manifest", str(manifest),
        "--json", str(tmp_path / "f.json"), "--predictions", str(tmp_path / "p.csv"),
        "--processes", "1", stdout=out,
    )  # fmt: skip
    words = "3 films have a label outside the network's task (pneumonia and normal) and were left out"
    assert words in out.getvalue()
    assert "COVID-19" not in out.getvalue()
    report = json.loads((tmp_path / "f.json").read_text())
    assert report["findings"] == ["pneumonia", "normal"]
    assert report["data"]["outside_task"] == 3
    assert report["pooled"]["films"] == {"pneumonia": 3, "normal": 3}
    assert np.array(report["pooled"]["confusion"]).shape == (2, 2)
    pair = report["pooled"]["auroc_pairs"]["pneumonia v. normal"]
    assert pair["value"] == report["pooled"]["auroc_abnormal"]["value"]
    assert report["sources"]["both"]["auroc_pairs"] == {}
    with (tmp_path / "p.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["p_covid19"] for row in rows] == [""] * 6
    assert all(float(row["p_pneumonia"]) + float(row["p_normal"]) == pytest.approx(1) for row in rows)


def test_evaluation_says_that_no_film_is_of_the_networks_classes(
    write_manifest: Callable[..., Path], pneumonia_or_normal: Bundle
) -> None:
    path = write_manifest([{"file": "a.png", "label": "covid19", "source": "drawn"}])
    with pytest.raises(CommandError, match="none of the 1 films is labelled pneumonia or normal"):
        call_command("evaluate_model", "--bundle", str(pneumonia_or_normal.path), "--manifest", str(path))


def test_a_class_against_normal_is_measured_inside_a_source_on_their_films_alone(
    manifest: Path, tmp_path: Path
) -> None:
    call_command(
        "evaluate_model", "--manifest", str(manifest), "--json", str(tmp_path / "f.json"),
        "--predictions", str(tmp_path / "p.csv"), "--processes", "1", stdout=io.StringIO(),
    )  # fmt: skip
    report = json.loads((tmp_path / "f.json").read_text())
    assert set(report["sources"]["both"]["auroc_pairs"]) == {"covid19 v. normal"}
    assert report["sources"]["single"]["auroc_pairs"] == {}
    assert set(report["pooled"]["auroc_pairs"]) == {"covid19 v. normal", "pneumonia v. normal"}
    with (tmp_path / "p.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["source"] == "both"]
    odds = {
        label: [float(row["p_covid19"]) / float(row["p_normal"]) for row in rows if row["label"] == label]
        for label in ("covid19", "normal")
    }
    ordered = np.mean([sick > well for sick in odds["covid19"] for well in odds["normal"]])
    figure = report["sources"]["both"]["auroc_pairs"]["covid19 v. normal"]
    assert figure["value"] == pytest.approx(ordered)
    assert figure["low"] <= figure["value"] <= figure["high"]


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


def test_evaluation_takes_a_folder_tree_as_well(tmp_path: Path) -> None:
    for number, label in enumerate(("COVID-19", "Normal")):
        (tmp_path / "films/test/here" / label).mkdir(parents=True)
        draw_film("normal", number).save(tmp_path / "films/test/here" / label / "a.png")
    out = io.StringIO()
    call_command(
        "evaluate_model", "--manifest", str(tmp_path / "films"), "--split", "test", "--processes", "1",
        stdout=out,
    )  # fmt: skip
    assert "2 films, split test" in out.getvalue()
    assert "here" in out.getvalue()


def test_a_network_that_cannot_be_loaded_is_told_and_not_waited_for(manifest: Path) -> None:
    graph, films = find_bundle(DEFAULT) / TFLITE, [manifest.parent / "both/normal-0.png"]
    gone = manifest.parent / "gone.tflite"
    with pytest.raises(ValueError, match=r"gone\.tflite"):
        answer_films(graph, PreprocessingParameters(crop="lungs"), films, lungs=gone)
    with pytest.raises(ValueError, match=r"gone\.tflite"):
        answer_films(gone, PreprocessingParameters(), films, lungs=LUNG_NETWORK)


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


def options_of(*said: str) -> TrainingOptions:
    parser = argparse.ArgumentParser()
    cli.add_run_arguments(parser)
    return cli.options_from(parser.parse_args(["--manifest", "films.csv", *said]))


def test_the_network_that_ships_has_its_bottleneck_unless_told_otherwise() -> None:
    assert options_of().bottleneck == 12
    assert options_of("--bottleneck", "0").bottleneck is None
    assert options_of("--bottleneck", "64").bottleneck == 64
    assert options_of("--architecture", "resnet50").bottleneck is None


def test_each_network_has_its_own_defaults_and_one_that_starts_at_random_keeps_and_reads_no_block() -> None:
    assert options_of("--architecture", "vgg16").dropout == 0.5
    assert options_of("--architecture", "vgg16", "--dropout", "0.1").dropout == 0.1
    assert options_of("--architecture", "resnet50").dropout == options_of().dropout == 0.2
    for said in (("--architecture", "resnet50", "--frozen-blocks", "3"), ("--no-imagenet",)):
        random = options_of(*said)
        assert (random.imagenet, random.frozen_blocks, random.level_share) == (False, 0, 0.0)
    assert options_of().imagenet
    assert options_of().frozen_blocks == 11


def test_options_are_flags_of_the_command_with_their_defaults_in_its_help() -> None:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    flags = {flag: action for action in parser._actions for flag in action.option_strings}
    assert list(flags["--precision"].choices or ()) == ["float32", "mixed_bfloat16"]
    said = "(default: 0.2, 0.5 for vgg16, 0.5 for sequential_cnn, 0.5 for flattened_cnn)"
    assert said in str(flags["--dropout"].help)
    assert "(default: 0.5)" in str(flags["--erase-marks"].help)
    assert "--warm-up" not in flags
    given = parser.parse_args(["--manifest", "m", "--minutes", "3", "--crop", "film", "--looks", "2"])
    options = cli.options_from(given)
    assert (options.minutes, options.looks) == (3.0, 2)
    assert options.augmentation.crop == 0.9  # not --crop, which is what the network sees of a film
