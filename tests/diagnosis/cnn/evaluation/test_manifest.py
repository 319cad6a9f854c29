"""Data problems are found before the first step; films are drawn evenly; augmentation is in bounds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from diagnosis.cnn.bundle import LUNG_NETWORK
from diagnosis.cnn.evaluation.folder import read_data
from diagnosis.cnn.evaluation.manifest import (
    Film,
    ManifestError,
    age_of,
    read_manifest,
    sampling_weights,
    training_problems,
)
from diagnosis.cnn.evaluation.pictures import split_of
from diagnosis.cnn.findings import TASKS
from diagnosis.cnn.preprocessing import PreprocessingParameters
from diagnosis.cnn.training.data.augmentation import AugmentationOptions, augment, clahe
from diagnosis.cnn.training.data.films import decoded
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
        decoded(
            manifest,
            manifest.films,
            PreprocessingParameters(),
            lungs=LUNG_NETWORK,
            cache=tmp_path / "cache",
        )
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


def test_sampling_can_even_out_classes_alone_or_nothing() -> None:
    films = [Film(f"{k}", "normal", "big") for k in range(6)] + [
        Film("a", "normal", "small"),
        Film("b", "covid19", "small"),
    ]
    assert sampling_weights(films, "film") == pytest.approx([1 / 8] * 8)
    by_class = sampling_weights(films, "class")
    assert by_class[-1] == pytest.approx(0.5)  # the one film of its class, whatever the power
    assert by_class[:7] == pytest.approx([0.5 / 7] * 7)
    by_cell = sampling_weights(films, "cell", 1.0)
    assert (by_cell[:6].sum(), *by_cell[6:]) == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize(
    ("text", "age", "group"),
    [
        ("55", 55, "adult"),
        ("0.5", 0.5, "child"),
        ("67+", 67, "adult"),
        ("018M", 1.5, "child"),
        ("045Y", 45, "adult"),
        ("18", 18, "adult"),
        ("Child", None, "child"),
        ("unknown", None, ""),
        ("", None, ""),
    ],
)
def test_ages_are_read_as_sources_write_them(text: str, age: float | None, group: str) -> None:
    years, found = age_of(text)
    assert years == (None if age is None else pytest.approx(age))
    assert found == group


def test_what_a_manifest_says_of_a_patient_is_read_and_leaves_the_fingerprint_alone(
    write_manifest: Callable[..., Path], tmp_path: Path
) -> None:
    plain = read_manifest(write_manifest(rows()))
    facts = {"sex": "f", "age": "4", "view": "AP"}
    told = read_manifest(write_manifest([row | facts for row in rows()]))
    assert {(film.sex, film.age, film.view, film.age_group) for film in told.films} == {
        ("f", 4.0, "AP", "child")
    }
    assert plain.films[0].age is None
    assert told.fingerprint() == plain.fingerprint()


def test_a_source_without_films_of_a_task_is_left_out_with_its_terms(
    write_manifest: Callable[..., Path],
) -> None:
    other = [
        row | {"file": f"other/{row['file']}", "source": "other", "licence": "CC BY 4.0"}
        for row in rows()
        if row["label"] == "covid19"
    ]
    manifest = read_manifest(write_manifest([row | {"licence": ""} for row in rows()] + other))
    assert manifest.for_task(TASKS["covid19-normal"]).licences["other"] == ["CC BY 4.0"]
    rest = manifest.for_task(TASKS["pneumonia-normal"])
    assert {film.source for film in rest.films} == set(rest.licences) == {"drawn"}


def test_films_of_another_task_are_left_out_and_unknown_labels_are_not(
    write_manifest: Callable[..., Path],
) -> None:
    findings = TASKS["pneumonia-normal"]
    manifest = read_manifest(write_manifest(rows()))
    assert training_problems(manifest, findings) == []
    assert {film.label for film in manifest.for_task(findings).films} == set(findings)
    flu = {"file": "flu.png", "label": "flu", "source": "drawn", "split": "train", "group": "flu"}
    without_pneumonia = [row for row in rows() if row["label"] != "pneumonia"]
    bad = read_manifest(write_manifest([*without_pneumonia, flu]))
    problems = "\n".join(training_problems(bad, findings))
    for words in ("flu.png: unknown label 'flu'", "class pneumonia: no film in the val split"):
        assert words in problems
    assert "covid19" not in problems.replace("one of covid19, pneumonia, normal", "")


def test_one_file_under_two_spellings_is_found(write_manifest: Callable[..., Path]) -> None:
    again = rows()[0] | {"file": "./train-covid19.png"}
    assert "train-covid19.png: 2 times in the manifest" in training_problems(
        read_manifest(write_manifest([*rows(), again]))
    )


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        draw_film("normal", 0).save(folder / name)
    return folder


def test_a_tree_of_split_source_and_label_is_read(tmp_path: Path) -> None:
    folder = put(tmp_path / "tree", "train/a/normal/1.png", "valid/b/COVID-19/2.JPG", "test/Pneumonia/3.jpeg")
    (folder / "train/a/normal/notes.txt").write_text("no film")
    films = {film.file: (film.split, film.source, film.label) for film in read_data(folder).films}
    assert films == {
        "train/a/normal/1.png": ("train", "a", "normal"),
        "valid/b/COVID-19/2.JPG": ("val", "b", "covid19"),
        "test/Pneumonia/3.jpeg": ("test", "tree", "pneumonia"),
    }


def test_a_tree_without_splits_is_split_the_same_way_each_time(tmp_path: Path) -> None:
    folder = put(tmp_path / "tree", *(f"a/normal/{k}.png" for k in range(60)), "normal/x.png")
    first, again = read_data(folder), read_data(folder)
    assert first.fingerprint() == again.fingerprint()
    assert {film.source for film in first.films} == {"a", "tree"}
    sides = [split_of(f"a/normal/{k}") for k in range(4000)]
    shares = [sides.count(side) / len(sides) for side in ("train", "val", "test")]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.02)
    assert {film.split for film in first.films} == {"train", "val", "test"}


def test_films_of_one_patients_folder_stay_on_one_side(tmp_path: Path) -> None:
    names = [f"a/{label}/p{k}/{n}.png" for label in ("normal", "COVID-19") for k in range(20) for n in "xyz"]
    films = read_data(put(tmp_path / "tree", *names)).films
    sides = {film.group: {other.split for other in films if other.group == film.group} for film in films}
    assert sorted(sides) == sorted(f"a/p{k}" for k in range(20))
    assert all(len(side) == 1 for side in sides.values())
    assert len(set.union(*sides.values())) > 1
    assert {film.label for film in films} == {"normal", "covid19"}
    split = put(tmp_path / "split", "train/normal/p1/1.png", "test/normal/p1/2.png")
    assert "group split/p1: its films are on 2 sides" in "\n".join(training_problems(read_data(split)))


def test_a_tree_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no JPEG or PNG file"):
        read_data(put(tmp_path / "empty", "normal/1.gif"))
    with pytest.raises(ManifestError, match=r"(?s)loose: its films are not in.*train/a/b/normal: its films"):
        read_data(put(tmp_path / "loose", "train/a/b/normal/1.png", "1.png"))
    with pytest.raises(
        ManifestError, match=r"(?s)COVID/masks: its films are not in.*normal/train: its films"
    ):
        read_data(put(tmp_path / "inside out", "COVID/masks/1.png", "normal/train/1.png", "normal/p1/1.png"))
    folder = put(tmp_path / "mixed", "train/normal/1.png", "flu/2.png")
    problems = "\n".join(training_problems(read_data(folder)))
    for words in (
        "flu/2.png: unknown label 'flu'",
        "flu/2.png: split '' is none",
        "class normal: no film in",
    ):
        assert words in problems


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
