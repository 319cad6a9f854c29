"""Public sets in their own layouts: what is read, what is left out and said, and who falls on which side."""

import csv
import logging
from pathlib import Path

import pytest

from diagnosis.cnn.evaluation.folder import read_data
from diagnosis.cnn.evaluation.manifest import ManifestError
from tests.diagnosis.cnn.conftest import draw_film

COLUMNS = ("patientid", "sex", "age", "finding", "RT_PCR_positive", "view", "modality", "folder", "filename")
CASES = (
    ("2", "M", "65", "Pneumonia/Viral/COVID-19", "Y", "PA", "X-ray", "images", "a.jpg"),
    ("2", "M", "65", "Pneumonia/Viral/COVID-19", "Y", "AP Supine", "X-ray", "images", "b.jpg"),
    ("2", "M", "65", "No Finding", "", "PA", "X-ray", "images", "before.jpg"),
    ("2", "M", "65", "Pneumonia/Viral/COVID-19", "Y", "L", "X-ray", "images", "c.jpg"),
    ("3", "F", "", "Pneumonia/Bacterial/Streptococcus", "", "AP", "X-ray", "images", "d.png"),
    ("4", "F", "48", "No Finding", "", "PA", "X-ray", "images", "e.png"),
    ("5", "", "", "todo", "", "PA", "X-ray", "images", "f.png"),
    ("6", "", "", "Unknown", "", "PA", "X-ray", "images", "g.png"),
    ("7", "", "", "Tuberculosis", "", "PA", "X-ray", "images", "h.png"),
    ("8", "", "", "Pneumonia/Viral/COVID-19", "Y", "Axial", "CT", "volumes", "i.nii.gz"),
    ("9", "", "", "COVID-19, ARDS", "Unclear", "AP", "X-ray", "images", "j.png"),
    ("10", "", "", "SARS", "", "PA", "X-ray", "", "k.png"),
)


def case_table(folder: Path, rows: tuple[tuple[str, ...], ...] = CASES) -> Path:
    folder.mkdir()
    with (folder / "metadata.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    return folder


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        draw_film("normal", 0, side=32).save(folder / name)
    return folder


def test_frontal_films_of_a_case_table_are_read_with_their_view(tmp_path: Path) -> None:
    folder = case_table(tmp_path / "cases")
    for path in (folder, folder / "metadata.csv"):
        manifest = read_data(path)
        assert {film.file: (film.label, film.view) for film in manifest.films} == {
            "images/a.jpg": ("covid19", "PA"),
            "images/b.jpg": ("covid19", "AP Supine"),
            "images/d.png": ("pneumonia", "AP"),
            "images/e.png": ("normal", "PA"),
            "images/k.png": ("pneumonia", "PA"),
        }
    first = manifest.films[0]
    assert (first.sex, first.age, first.source) == ("M", 65.0, "covid-chestxray-dataset")


def test_what_a_case_table_has_and_nobody_should_learn_is_counted_by_reason_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        manifest = read_data(case_table(tmp_path / "cases"))
    assert manifest.left_out == {
        "No Finding of a patient who has one on another film": 1,
        "lateral": 1,
        "without a finding to be trusted (todo, Unknown or nothing)": 2,
        "of a kind that is no class here": 1,
        "CT": 1,
        "COVID-19 that its PCR does not confirm": 1,
    }
    assert "2 films left out: without a finding to be trusted" in caplog.text
    assert "1 film left out: lateral" in caplog.text
    with pytest.raises(ManifestError, match=r"(?s)no film to use.*1 film left out: CT"):
        read_data(case_table(tmp_path / "scans", (CASES[9],)))


def test_all_films_of_a_patient_of_a_case_table_fall_on_one_side(tmp_path: Path) -> None:
    rows = tuple(
        (str(patient), "M", "60", "No Finding", "", "PA", "X-ray", "images", f"{patient}-{film}.png")
        for patient in range(60)
        for film in range(3)
    )
    films = read_data(case_table(tmp_path / "cases", rows)).films
    sides = {film.group: {each.split for each in films if each.group == film.group} for film in films}
    assert len(sides) == 60
    assert all(len(side) == 1 for side in sides.values())
    assert set.union(*sides.values()) == {"train", "val", "test"}


def test_the_radiography_database_is_read_as_kaggle_has_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tree(
        tmp_path / "archive/COVID-19_Radiography_Dataset", "COVID/images/COVID-1.png",
        "COVID/masks/COVID-1.png", "Normal/images/Normal-1.png", "Lung_Opacity/images/Lung_Opacity-1.png",
        "Lung_Opacity/images/Lung_Opacity-2.png", "Lung_Opacity/masks/Lung_Opacity-1.png",
        "Viral Pneumonia/images/Viral Pneumonia-1.png",
    )  # fmt: skip
    (root / "COVID.metadata.xlsx").write_bytes(b"not read")
    manifest = read_data(tmp_path / "archive")
    assert manifest.films == read_data(root).films
    assert {film.file: film.label for film in manifest.films} == {
        "COVID/images/COVID-1.png": "covid19",
        "Normal/images/Normal-1.png": "normal",
        "Viral Pneumonia/images/Viral Pneumonia-1.png": "pneumonia",
    }
    assert all(manifest.path(film).is_file() for film in manifest.films)
    assert manifest.left_out == {"of a kind that is no class here (Lung_Opacity)": 2}
    assert "2 films left out: of a kind that is no class here (Lung_Opacity)" in caplog.text


def test_an_older_radiography_database_is_read_and_split_the_same_way_each_time(tmp_path: Path) -> None:
    names = [f"COVID-19/COVID-19 ({k}).png" for k in range(40)]
    old = tree(tmp_path / "old", *names, "NORMAL/NORMAL (1).png", "Viral Pneumonia/Viral Pneumonia (1).png")
    films = read_data(old).films
    assert [film.label for film in films] == ["covid19"] * 40 + ["normal", "pneumonia"]
    assert {film.split for film in films} == {"train", "val", "test"}
    assert films == read_data(old).films
    ours = read_data(tree(tmp_path / "ours", "normal/1.png", "pneumonia/1.png"))
    assert {film.source for film in ours.films} == {"ours"}
