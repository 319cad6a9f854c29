"""The demonstration's films come by the door that every film takes."""

from pathlib import Path

import pytest
from django.core.management import CommandError
from PIL import Image
from pytest_django.fixtures import SettingsWrapper

from diagnosis.management import demo_films
from diagnosis.models import Door, Scan, ScanStatus
from diagnosis.services import registry
from tests.diagnosis.management.load_demo.loading import load
from tests.films import phantom_png


def test_without_films_it_shows_phantoms_that_say_so(settings: SettingsWrapper) -> None:
    load()
    scans = Scan.objects.select_related("study__patient")
    assert scans.count() == demo_films.DOZEN
    assert all(scan.is_phantom and scan.status == ScanStatus.QUEUED for scan in scans)
    assert {scan.study.door for scan in scans} == {Door.DEMO}
    assert len({scan.study.patient_id for scan in scans}) == demo_films.DOZEN
    assert all("phantom" in scan.study.reason for scan in scans)
    assert str(registry.active_model()) == "light 1.0.0"


def test_a_folder_of_films_is_loaded_and_a_bad_one_named(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "chest.png").write_bytes(phantom_png(1))
    (folder / "notes.txt").write_text("no film")
    (folder / "broken.jpg").write_bytes(b"%PDF-1.4")
    said = load(films=folder)
    scan = Scan.objects.get()
    assert (scan.original_name, scan.is_phantom) == ("chest.png", False)
    assert "broken.jpg" in said
    (folder / "another.png").write_bytes(phantom_png(2))
    load(films=folder)
    assert Scan.objects.count() == 2
    with pytest.raises(CommandError, match="There is no folder"):
        load(films=tmp_path / "nowhere")


def test_public_films_come_from_the_test_split_and_do_not_tell_their_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["file,label,split,source,group,sex,age"]
    for number in range(24):
        label = ("covid19", "pneumonia", "normal")[number % 3]
        split = "train" if number < 6 else "test"
        source = "kermany" if number % 2 else "hannover"
        path = tmp_path / f"images/{label}-{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.effect_noise((100, 100), number + 1).convert("L").save(path)
        rows.append(f"images/{path.name},{label},{split},{source},g{number // 2 * 2},f,4")
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    monkeypatch.setenv("CARINA_CXR_DATA", str(tmp_path))
    load()
    scans = list(Scan.objects.select_related("study__patient"))
    assert 6 <= len(scans) <= demo_films.DOZEN
    trained_on = {demo_films.DemoFilm(path.read_bytes(), "", "").sha256 for path in training_files(tmp_path)}
    assert not trained_on & {scan.sha256 for scan in scans}
    assert len({scan.study.reason for scan in scans}) == 2, "films of both sources"
    shown = " ".join(f"{scan.original_name} {scan.study.reason} {scan.study.patient}" for scan in scans)
    for label in ("covid", "pneumonia", "normal"):
        assert label not in shown.lower()
    today = scans[0].study.created_at.date()
    assert {scan.study.patient.age_on(today) for scan in scans} <= {"4", "5"}


def training_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "images").iterdir() if int(path.stem.rpartition("-")[2]) < 6]
