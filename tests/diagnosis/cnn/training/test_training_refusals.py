"""What training will not begin with, told in words and all of it at once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.diagnosis.cnn.conftest import draw_film
from tests.diagnosis.cnn.training.runs import drawn_rows, train


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--epochs", "0"], "more than no epochs"),
        (["--minutes", "-1"], "more than no epochs and more than no minutes"),
        (["--looks", "0"], "looks at val once at least"),
        (["--input-size", "230"], "a multiple of 32 pixels wide, not 230"),
        (["--border", "0.4"], "border is the share cut at each side, 0 to 0.2, not 0.4"),
        (["--epochs", "nan"], "more than no epochs"),
        (["--ema", "2"], "ema is a share, 0 to 1, not 2"),
        (["--erase-marks", "7"], "erase_marks is a share of films, 0 to 1, not 7"),
    ],
)
def test_options_that_cannot_be_are_told_before_the_first_step(
    write_manifest: Callable[..., Path], tmp_path: Path, options: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command(
            "train_model", "--manifest", str(write_manifest(drawn_rows())), "--work", str(tmp_path / "work"),
            *options,
        )  # fmt: skip
    assert not (tmp_path / "work").exists()


def refused(*words: str, manifest: Path, work: Path) -> None:
    """All of it told at once, and nothing done."""
    with pytest.raises(CommandError) as caught:
        call_command("train_model", "--manifest", str(manifest), "--work", str(work))
    for word in words:
        assert re.search(word, str(caught.value)), f"{word!r} not in {caught.value}"
    assert f"{len(words)} things" in str(caught.value)
    assert not work.exists()


def test_everything_that_is_wrong_with_a_manifest_is_told_before_the_first_step(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [row | {"group": ""} for row in drawn_rows() if (row["split"], row["label"]) != ("val", "normal")]
    rows[0]["group"] = rows[-1]["group"] = "patient7"
    rows += [rows[1], rows[2] | {"file": "flu.png", "label": "flu"}]
    rows += [rows[2] | {"file": "aside.png", "split": "holdout"}]
    manifest = write_manifest(rows)
    (tmp_path / rows[4]["file"]).unlink()
    refused(
        rf"{rows[4]['file']}: no such file", "unknown label 'flu'", r"aside\.png: split 'holdout' is none of",
        rf"{rows[1]['file']}: 2 times in the manifest", "group patient7: its films are on 2 sides",
        "class normal: no film in the val split",
        manifest=manifest, work=tmp_path / "work",
    )  # fmt: skip


def test_everything_that_is_wrong_with_a_folder_tree_is_told_before_the_first_step(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for number, place in enumerate(
        ("train/here/covid19", "train/here/pneumonia", "train/here/normal", "train/here/flu",
         "val/here/covid19", "val/here/pneumonia", "here/normal")
    ):  # fmt: skip
        (tree / place).mkdir(parents=True)
        draw_film("normal", number).save(tree / place / "a.png")
    refused(
        r"flu/a\.png: unknown label 'flu'", r"here/normal/a\.png: split '' is none of",
        "class normal: no film in the val split",
        manifest=tree, work=tmp_path / "work",
    )  # fmt: skip


@pytest.mark.slow
def test_every_film_that_cannot_be_decoded_is_told_before_the_first_step(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    manifest = write_manifest(rows := drawn_rows())
    bad = [rows[0]["file"], rows[-1]["file"]]
    for file in bad:
        (tmp_path / file).write_bytes(b"no picture")
    done = train(manifest, tmp_path / "work", "sequential_cnn")
    assert done.returncode == 1
    assert all(file in done.stderr for file in bad)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "work/checkpoints").exists()


@pytest.mark.slow
def test_a_network_that_cannot_be_built_is_told_before_films_are_decoded(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    done = train(write_manifest(drawn_rows()), tmp_path / "work", "vgg16", "--input-size", "32")
    assert done.returncode == 1
    assert "vgg16 takes films of 64 pixels and more, not of 32" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "work").exists()
