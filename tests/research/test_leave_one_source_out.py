"""A study that leaves sources out: its table, a cut study that goes on, and what it is refused for."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnosis.cnn.bundle import LUNG_NETWORK, load_bundle
from diagnosis.cnn.evaluation.folder import read_data
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.options import TrainingOptions
from research.leave_one_source_out import study
from research.leave_one_source_out.__main__ import main, parse, protocol_of
from research.leave_one_source_out.study import Protocol, finished_runs, report_of
from research.leave_one_source_out.tables import as_text
from research.new_hospital.__main__ import main as new_hospital
from research.new_hospital.films import sources_seen
from tests.diagnosis.cnn.training.runs import drawn_rows, python


def leave_out(manifest: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return python(
        "-m", "research.leave_one_source_out", "--manifest", str(manifest),
        "--work", str(manifest.parent / "work"), "--architecture", "sequential_cnn", "--input-size", "64",
        "--batch", "6", "--films-seen", "12", "--sources", "here", "there", "--plain", *more,
    )  # fmt: skip


@pytest.mark.slow
def test_leaving_sources_out_ends_with_a_table_and_a_study_that_was_cut_goes_on(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    manifest, out = write_manifest(drawn_rows()), tmp_path / "figures.json"
    first = leave_out(manifest, "--seeds", "1")
    assert first.returncode == 0, first.stderr[-2000:]
    runs = tmp_path / "work/leave-one-out.jsonl"
    assert len(runs.read_text().splitlines()) == 2
    runs.write_text(runs.read_text()[:-40])  # killed while it wrote the second run
    second = leave_out(manifest, "--seeds", "1", "2", "--json", str(out))
    assert second.returncode == 0, second.stderr[-2000:]
    assert "1 of 4 runs are done already" in second.stdout
    report = json.loads(out.read_text())
    assert report["seeds"] == [1, 2]
    assert set(report["sources"]) == {"here", "there"}
    for row in report["sources"].values():
        figures = [row[f"seed_{seed}"] for seed in (1, 2)]
        assert row["mean"] == pytest.approx(sum(each["auroc"] for each in figures) / 2)
        assert row["least"] <= row["mean"] <= row["most"]
        assert (row["abnormal_films"], row["normal_films"]) == (6, 3)
    means = [row["mean"] for row in report["sources"].values()]
    assert report["mean_over_sources"] == pytest.approx(sum(means) / 2)
    assert report["targets"]["least_source"]["value"] == min(means)
    for row in report["sources"].values():
        assert 0 <= row["sensitivity_where_known_sources_have_sensitivity_95"] <= 1
        assert 0 <= row["specificity_where_known_sources_have_sensitivity_95"] <= 1
    assert "limit with specificity 0.95 on known sources: in there sensitivity" in second.stdout
    options = report["protocol"]["options"]
    assert (options["balance"], options["ema"], options["label_smoothing"]) == ("film", 0.0, 0.0)
    assert report["protocol"]["preprocessing"]["crop"] == "film"
    assert re.search(r"here +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ \[[\d.]+, [\d.]+\]", second.stdout)
    assert "at least 0.85 wanted" in second.stdout
    # the run that was kept is not the one that a cut line would have spoilt
    assert (
        report["sources"]["here"]["seed_1"]["auroc"] == json.loads(runs.read_text().splitlines()[0])["auroc"]
    )


@pytest.mark.slow
def test_networks_of_a_study_can_be_kept_as_bundles_and_judged_on_the_source_they_never_saw(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    manifest, folder, out = write_manifest(drawn_rows()), tmp_path / "bundles", tmp_path / "judged.json"
    said = leave_out(manifest, "--seeds", "1", "--bundles", str(folder))
    assert said.returncode == 0, said.stderr[-2000:]
    here, there = sorted(folder.glob("*"))
    for path, left, kept in ((here, "here", "there"), (there, "there", "here")):
        bundle = load_bundle(path)
        assert (bundle.name, bundle.version) == (f"without-{left}", "seed-1")
        assert sources_seen(bundle.card) == {kept}
    new_hospital([
        "--manifest", str(manifest), "--parts", "left_out", "--left-out", str(here), str(there),
        "--json", str(out), "--processes", "1", "--resamples", "10",
    ])  # fmt: skip
    report = json.loads(out.read_text())["bundles"][0]["leave_one_source_out"]
    assert [row["source"] for row in report["rows"]] == ["here", "there"]
    runs = [json.loads(line) for line in (tmp_path / "work/leave-one-out.jsonl").read_text().splitlines()]
    for row, run in zip(report["rows"], runs, strict=True):
        assert (row["abnormal_films"], row["normal_films"]) == (run["abnormal"], run["normal"]) == (6, 3)
        assert row["as_it_is"]["auroc"]["value"] == pytest.approx(run["auroc"], abs=0.12)
    shutil.rmtree(here)
    again = leave_out(manifest, "--seeds", "1", "--bundles", str(folder))
    assert "1 of 2 runs are done already" in again.stdout
    assert here.is_dir()


def test_a_study_says_what_other_shares_of_level_heads_would_reach(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    protocol = Protocol(
        manifest=read_data(write_manifest(drawn_rows())), options=TrainingOptions(),
        preprocessing=PreprocessingParameters(), lungs=LUNG_NETWORK, work=tmp_path,
        seeds=(1, 2), films_seen=9.0,
    )  # fmt: skip
    figures = {"auroc": 0.8, "low": 0.7, "high": 0.9, "abnormal": 6, "normal": 3, "minutes": 1.0}
    runs = {
        (source, seed): figures | {"by_share": {"0": network, "0.5": 0.9, "1": 0.85}}
        for source, seed, network in (
            ("here", 1, 0.6),
            ("here", 2, 0.7),
            ("there", 1, 0.5),
            ("there", 2, 0.5),
        )
    }
    report = report_of(protocol, runs)
    shares = report["by_share_of_level_heads"]
    assert list(shares) == ["here", "there", "mean"]
    assert shares["here"] == pytest.approx({"0": 0.65, "0.5": 0.9, "1": 0.85})
    assert shares["mean"]["0"] == pytest.approx(0.575)
    text = as_text(report)
    assert re.search(r"by share of heads +0 +0\.5 +1\nhere +0\.650 +0\.900 +0\.850\nthere", text)
    del runs["here", 2]["by_share"]  # a run without level heads
    assert "by_share_of_level_heads" not in report_of(protocol, runs)


def test_runs_from_before_another_way_of_blending_are_left_alone(
    write_manifest: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    protocol = Protocol(
        manifest=read_data(write_manifest(drawn_rows())), options=TrainingOptions(),
        preprocessing=PreprocessingParameters(), lungs=LUNG_NETWORK, work=tmp_path,
        seeds=(1,), films_seen=9.0,
    )  # fmt: skip
    run = {"key": protocol.key(), "source": "here", "seed": 1}
    (tmp_path / study.RUNS).write_text(json.dumps(run) + "\n")
    assert finished_runs(protocol) == ({("here", 1): run}, 0)
    monkeypatch.setattr(study, "BLEND", "another")
    assert finished_runs(protocol) == ({}, 1)


def test_a_study_that_cannot_be_is_refused_in_words(
    write_manifest: Callable[..., Path], tmp_path: Path, refusal: Callable[..., str]
) -> None:
    rows = [*drawn_rows(), {"file": "alone.png", "label": "covid19", "source": "single", "split": "train"}]
    manifest = write_manifest(rows)

    def answers(words: str, *arguments: str) -> None:
        assert re.search(words, refusal(main, "--manifest", str(manifest), *arguments))

    answers(
        "2 things.*\n.*nowhere: no film of it; the data have here, single, there\n.*single: no normal film",
        "--sources", "nowhere", "single",
    )  # fmt: skip
    answers("no source has 30 normal and 30 abnormal films")
    answers("there is no folder", "--json", str(tmp_path / "nowhere" / "f.json"))
    answers("is no number of one or more", "--judge-most", "0")
    (tmp_path / "alone.png").unlink()
    answers(r"alone\.png: no such file", "--sources", "here")
    manifest.write_text("file,label,source,split\n" + "\n".join(
        f"{row['file']},{row['label']},{row['source']},{row['split']}"
        for row in rows if (row["source"], row["label"]) != ("there", "normal") and row["source"] != "single"
    ))  # fmt: skip
    answers("class normal: no film in the train split without the source here", "--sources", "here")


def test_films_of_a_sieve_keep_their_size_and_grow_only_in_runs_as_shipped(
    write_manifest: Callable[..., Path],
) -> None:
    manifest = write_manifest(
        [
            {"file": f"{split}-{label}.png", "label": label, "source": "x", "split": split}
            for split in ("train", "val")
            for label in ("covid19", "pneumonia", "normal")
        ]
    )

    def sizes(*said: str) -> tuple[tuple[float, int], ...]:
        return protocol_of(parse(["--manifest", str(manifest), *said])).options.sizes

    assert sizes() == ((0.0, 160),)
    assert sizes("--input-size", "224") == TrainingOptions().sizes
