"""The demonstration's films come by the door that every film takes."""

import hashlib
from pathlib import Path

import pytest
from django.core.management import CommandError
from PIL import Image

from diagnosis.management import demo_films
from diagnosis.management.demo_story import STORY
from diagnosis.models import Scan
from tests.diagnosis.management.load_demo.loading import load
from tests.films import phantom_png


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
    for number in range(36):
        label = ("covid19", "pneumonia", "normal")[number % 3]
        split = "train" if number < 6 else "test"
        source = ("kermany", "hannover", "nih-chestxray8")[number // 3 % 3]
        path = tmp_path / f"images/{label}-{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.effect_noise((100, 100), number + 1).convert("L").save(path)
        rows.append(f"images/{path.name},{label},{split},{source},g{number},f,4")
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    stock, wanted = demo_films.Stock(tmp_path), [film for visit in STORY for film in visit.films]
    films = [stock.film(film) for film in wanted]
    of_people = {film.sha256 for film in films if not film.is_phantom}
    kept = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in (tmp_path / "images").iterdir()}
    assert len(of_people) == len([film for film in films if not film.is_phantom]) >= 12
    numbers = {int(kept[digest].stem.rpartition("-")[2]) for digest in of_people}
    assert min(numbers) >= 6, "the network was trained on the others"
    assert all(number // 3 % 3 for number in numbers), "children are nobody in this story"
    for label in ("covid", "pneumonia", "normal"):
        assert not any(label in film.name for film in films)


def test_a_reason_for_the_examination_does_not_tell_the_result() -> None:
    for visit in STORY:
        told = f"{visit.reason} {visit.symptoms}".lower()
        assert not any(word in told for word in ("covid", "pneumonia", "normal", "demonstration", "phantom"))
