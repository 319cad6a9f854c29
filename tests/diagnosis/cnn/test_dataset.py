"""Data problems are found before the first step; films are drawn evenly; augmentation is in bounds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.augmentation import AugmentationOptions, augment, clahe
from diagnosis.cnn.training.dataset import (
    Film,
    ManifestError,
    grey_levels,
    read_manifest,
    sampling_weights,
    training_problems,
)
from diagnosis.cnn.training.options import TrainingOptions, sizes_for
from tests.diagnosis.cnn.conftest import draw_film

Rows = list[dict[str, str]]


def rows() -> Rows:
    return [
        {
            "file": f"{split}-{label}.png",
            "label": label,
            "source": "drawn",
            "split": split,
            "group": f"{split}{k}",
        }
        for split in ("train", "val")
        for k, label in enumerate(("covid19", "pneumonia", "normal"))
    ]


def test_good_data_have_no_problems_and_unlabelled_rows_are_counted(
    write_manifest: Callable[..., Path],
) -> None:
    severity_only = {"file": "x.png", "label": "", "source": "drawn", "split": "train", "group": "g"}
    manifest = read_manifest(write_manifest([*rows(), severity_only], draw=True))
    assert training_problems(manifest) == []
    assert (len(manifest.films), manifest.unlabelled) == (6, 1)


def test_every_problem_is_listed_at_once(write_manifest: Callable[..., Path], tmp_path: Path) -> None:
    bad = rows()
    bad[0]["label"] = "flu"
    bad[1]["group"] = bad[4]["group"]
    bad[2]["split"] = "holdout"
    path = write_manifest([*bad, bad[3]])
    (tmp_path / bad[5]["file"]).unlink()
    problems = "\n".join(training_problems(read_manifest(path)))
    for words in (
        "train-covid19.png: unknown label 'flu'",
        "val-normal.png: no such file",
        "group val1: its films are on 2 sides of the split (train, val)",
        "train-normal.png: split 'holdout' is none of train, val, test",
        "val-covid19.png: 2 times in the manifest",
        "class covid19: no film in the train split",
        "class normal: no film in the train split",
    ):
        assert words in problems


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("path,label\n", "lacks the column file, source"),
        ("file,label,source\n", "no labelled film"),
        ("file,label,source\na.png\n", "no labelled film"),
        (b"\xff\xfe\x00", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_bad_manifest_is_told_in_words(tmp_path: Path, content: str | bytes | None, words: str) -> None:
    path = tmp_path / "manifest.csv"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ManifestError, match=words):
        read_manifest(path)


def test_films_that_cannot_be_decoded_are_named_together(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    path = write_manifest(rows()[:3])
    for name in ("train-covid19.png", "train-normal.png"):
        (tmp_path / name).write_bytes(b"no picture")
    manifest = read_manifest(path)
    with pytest.raises(ManifestError) as error:
        grey_levels(manifest, manifest.films, PreprocessingParameters(), tmp_path / "cache")
    assert len(error.value.problems) == 2
    assert "train-covid19.png" in error.value.problems[0]
    assert not list((tmp_path / "cache").iterdir())


def test_sampling_evens_out_class_and_source_by_the_square_root() -> None:
    films = [Film(f"{k}", "normal", "big") for k in range(100)] + [
        Film(f"s{k}", "normal", "small") for k in range(4)
    ]
    weights = sampling_weights(films)
    assert weights.sum() == pytest.approx(1)
    assert weights[:100].sum() / weights[100:].sum() == pytest.approx(5)  # sqrt(100 / 4), not 25


def test_augmentation_changes_films_reproducibly_and_none_changes_nothing() -> None:
    film = np.asarray(draw_film("normal", 1, side=224))
    options = AugmentationOptions(
        crop=1, rotate=1, flip=1, low_resolution=1, jpeg=1, blur=1, noise=1, patches=1
    )

    def once(seed: int) -> np.ndarray:
        return augment(film, size=160, options=options, random=np.random.default_rng(seed))

    assert once(1).shape == (160, 160)
    assert once(1).dtype == np.uint8
    assert np.array_equal(once(1), once(1))
    assert not np.array_equal(once(1), once(2))
    same = augment(film, size=224, options=AugmentationOptions.none(), random=np.random.default_rng(0))
    assert np.array_equal(same, film)


def test_clahe_raises_local_contrast_and_keeps_the_range() -> None:
    flat = np.tile(np.linspace(100, 130, 128).astype(np.uint8), (128, 1))
    out = clahe(flat, tiles=4, clip=4.0)
    assert out.shape == flat.shape
    assert int(np.ptp(out)) > 1.5 * int(np.ptp(flat))


def test_training_ends_at_the_networks_size() -> None:
    assert sizes_for(224) == TrainingOptions().sizes == ((0.0, 160), (0.72, 224))
    assert sizes_for(64) == ((0.0, 64),)
