"""What a bundle would do in a new hospital: the command, on drawn films."""

import contextlib
import io
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diagnosis.cnn.bundle import DEFAULT, LUNGS, Bundle, write_bundle
from diagnosis.cnn.findings import FINDINGS
from research.new_hospital.__main__ import main, parse
from research.new_hospital.judge import CHANGED
from research.new_hospital.side_by_side import compared
from research.new_hospital.wording import CHANGE_WORDS
from tests.diagnosis.bundles import shipped
from tests.research.conftest import figure

Row = dict[str, str]


def trained_on(folder: Path, cells: dict[str, int], name: str = "candidate") -> Bundle:
    """The network that ships, with a card that says it learnt from these cells of split/source/label."""

    def build(target: Path) -> dict[str, Any]:
        for file in ("model.tflite", "reference.npz", LUNGS):
            (target / file).symlink_to(shipped().path / file)
        (target / "model.keras").write_bytes(b"x")
        return shipped().card | {"name": name, "data": {"films": cells}}

    return write_bundle(folder, build=build)


def rows_of(source: str, labels: tuple[str, ...], *, splits: tuple[str, ...], count: int = 1) -> list[Row]:
    return [
        {"file": f"{source}/{split}-{label}-{k}.png", "label": label, "source": source, "split": split}
        for split in splits
        for label in labels
        for k in range(count)
    ]


@pytest.fixture
def data(write_manifest: Callable[..., Path], tmp_path: Path) -> tuple[Path, Path]:
    """Two sources of the protocol, and one with normal and other films beside it."""
    both = ("train", "val", "test")
    known = [row for name in ("here", "there") for row in rows_of(name, FINDINGS, splits=both)]
    folder = tmp_path / "further"
    more = write_manifest(rows_of("new", ("normal", "other"), splits=("train", "test")), folder=folder)
    return write_manifest(known), more


def run(*arguments: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main([*arguments, "--processes", "1", "--resamples", "10"])
    return out.getvalue()


def cells(*sources: str) -> dict[str, int]:
    return {"/".join(cell): 1 for cell in itertools.product(("train", "val"), sources, FINDINGS)}


def test_the_command_tells_seen_from_unseen_in_text_json_and_markdown(
    data: tuple[Path, Path], tmp_path: Path
) -> None:
    bundle = trained_on(tmp_path / "mine", cells("here", "there"))
    left_out = trained_on(tmp_path / "without-there", cells("here"))
    said, page = tmp_path / "out.json", tmp_path / "out.md"
    text = run(
        "--bundle", str(bundle.path), "--manifest", str(data[0]), "--more", str(data[1]),
        "--left-out", str(left_out.path), "--changes-on", "4", "--json", str(said), "--markdown", str(page),
    )  # fmt: skip
    report = json.loads(said.read_text())
    (one,) = report["bundles"]
    rows = {(row["source"], row["truth"]): row for row in one["sources"]}
    assert set(rows) == {
        ("here", "normal"), ("here", "abnormal"), ("there", "normal"), ("there", "abnormal"),
        ("new", "normal"), ("new", "other"),
    }  # fmt: skip
    assert (rows["here", "normal"]["seen"], rows["here", "normal"]["films"]) == (True, 1)
    assert (rows["new", "normal"]["seen"], rows["new", "normal"]["films"]) == (False, 2)
    assert rows["new", "normal"]["auroc"]["value"] is None
    (row,) = one["leave_one_source_out"]["rows"]  # "new" was no part of its training set's data
    assert (row["source"], row["normal_films"], row["abnormal_films"]) == ("there", 3, 6)
    for look in ("as_it_is", "brought_back_112"):
        assert 0 <= row[look]["auroc"]["low"] <= row[look]["auroc"]["value"] <= 1
    assert one["leave_one_source_out"]["sources_in_the_mean"] == []  # too few films for a mean
    assert list(one["changes"]) == list(CHANGED)
    assert one["changes"]["as_it_is"]["films"] == 4
    for table in (text, page.read_text()):
        for words in ("unseen", "seen", "2 / 2", "softened 3 px", "without-there", "lungs black"):
            assert words in table
    assert max(map(len, text.splitlines())) <= 140
    assert "| new | normal | unseen | 2 / 2 |" in page.read_text()


def test_two_bundles_are_judged_on_the_same_films_and_told_apart_in_words(
    data: tuple[Path, Path], tmp_path: Path
) -> None:
    old = trained_on(tmp_path / "old", cells("here", "there"))
    new = trained_on(tmp_path / "new", cells("here", "there", "new"))
    said = tmp_path / "out.json"
    text = run(
        "--bundle", str(old.path), "--bundle", str(new.path), "--manifest", str(data[0]),
        "--more", str(data[1]), "--parts", "sources", "--json", str(said),
    )  # fmt: skip
    report = json.loads(said.read_text())
    for one, seen in zip(report["bundles"], (False, True), strict=True):
        row = next(row for row in one["sources"] if (row["source"], row["truth"]) == ("new", "normal"))
        assert (row["films"], row["seen"], row["judged_as_seen"]) == (1, seen, True)
    assert {row["verdict"] for row in report["compared"]} == {"equal"}  # the same network twice
    assert re.search(r"new +normal called pathological .* equal", text)
    assert "unseen, test split" in text


def test_a_change_of_one_figure_is_told_where_it_stands() -> None:
    def report(alarms: float, turned: float, black: float) -> dict[str, Any]:
        def around(value: float) -> dict[str, float | None]:
            return figure(value, value - 0.02, value + 0.02)

        row = {"source": "x", "truth": "normal", "pathological": around(alarms), "normal": around(0.1)}
        names = ("answers_turned", "decisions_turned", "auroc_abnormal", "macro_auroc", "ece")
        same = {name: around(0.2) for name in names}
        return {
            "sources": [row],
            "changes": {
                "as_it_is": same,
                "grainy": same | {"answers_turned": around(turned)},
                "lungs_black": same | {"macro_auroc": around(black)},
            },
        }

    rows = compared(report(0.7, 0.4, 0.6), report(0.2, 0.5, 0.9))
    told = {(row["what"], row["figure"]): row["verdict"] for row in rows}
    assert told["x", "normal called pathological"] == "better"
    assert told["x", "normal called normal"] == "equal"
    assert told[CHANGE_WORDS["grainy"], "answers turned over"] == "worse"
    assert told[CHANGE_WORDS["lungs_black"], "macro AUROC"] == "worse"  # nothing is left to read
    assert (CHANGE_WORDS["as_it_is"], "answers turned over") not in told
    assert (CHANGE_WORDS["lungs_black"], "answers turned over") not in told


def test_every_change_has_words_for_a_table() -> None:
    assert set(CHANGE_WORDS) == set(CHANGED)


def test_what_cannot_be_judged_is_refused_in_words(
    data: tuple[Path, Path], tmp_path: Path, refusal: Callable[..., str]
) -> None:
    bundle = trained_on(tmp_path / "all", cells("here", "there"))
    silent = trained_on(tmp_path / "silent", {})
    films = ("--manifest", str(data[0]))
    assert "does not say which films" in refusal(main, "--bundle", str(silent.path), *films)
    alone = ("--parts", "left_out", "--left-out", str(bundle.path), *films)
    assert "none is left out" in refusal(main, "--bundle", str(bundle.path), *alone)
    assert "there is no folder" in refusal(main, *films, "--markdown", str(tmp_path / "nowhere/x.md"))
    assert "two to compare" in refusal(main, *films, *["--bundle", "x"] * 3)
    assert "once for each --bundle" in refusal(main, *films, *["--left-out", "x"] * 2)
    nowhere = str(tmp_path / "nowhere.csv")
    assert "cannot be read" in refusal(main, "--manifest", str(data[0]), "--more", nowhere)
    assert parse(list(films)).bundle == [DEFAULT]


def test_without_further_films_the_table_says_that_they_are_missing(
    data: tuple[Path, Path], tmp_path: Path
) -> None:
    bundle = trained_on(tmp_path / "mine", cells("here", "there"))
    text = run("--bundle", str(bundle.path), "--manifest", str(data[0]), "--parts", "sources")
    assert "not measured" in text
