"""Which films judge a bundle: of sources it saw the test split, of others every film but some."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnosis.cnn.bundle import DEFAULT, find_bundle, load_bundle
from diagnosis.cnn.evaluation.manifest import ManifestError, read_manifest
from diagnosis.cnn.findings import FINDINGS
from research.new_hospital.films import balanced, choose, judged_films, sources_seen
from tests.research.conftest import judged


def test_a_source_that_was_learnt_from_is_judged_by_its_test_split_and_another_by_every_film() -> None:
    films = [
        judged("normal", source, split) for source in ("known", "new") for split in ("train", "val", "test")
    ]
    choice = choose(films, {"known"})
    assert [each.film.split for each in choice.by_source["known"]] == ["test"]
    assert [each.film.split for each in choice.by_source["new"]] == ["train", "val", "test"]


def test_a_card_tells_which_sources_were_learnt_from_and_a_test_split_is_no_learning() -> None:
    cells = {"train/a/normal": 3, "val/b/covid19": 1, "test/c/normal": 2, "train/with/slash/normal": 1}
    assert sources_seen({"data": {"films": cells}}) == {"a", "b", "with/slash"}
    for card in ({}, {"data": {}}, {"name": "x", "data": {"films": {}}}):
        with pytest.raises(ValueError, match="does not say"):
            sources_seen(card)


def test_films_of_an_unseen_source_whose_patient_was_learnt_from_do_not_judge() -> None:
    films = [
        judged("covid19", "known", "train", group="p1"),
        judged("covid19", "known", "test", group="p2"),
        judged("covid19", "new", "train", group="p1"),
        judged("covid19", "new", "train", group="p2", number=1),
        judged("covid19", "new", "train", group="p3", number=2),
    ]
    choice = choose(films, {"known"})
    assert [each.film.group for each in choice.by_source["new"]] == ["p2", "p3"]
    assert choice.acquainted == 1


def test_films_of_conflicting_labels_have_no_part_in_sensitivity(write_manifest: Callable[..., Path]) -> None:
    manifest = write_manifest(
        [{"file": f"{k}.png", "label": "covid19", "source": "x", "split": "test"} for k in range(3)]
    )
    (manifest.parent / "label-conflicts.csv").write_text("file,finding\n1.png,No Finding\n")
    films = judged_films(read_manifest(manifest), FINDINGS)
    choice = choose(films, set())
    assert [each.film.file for each in choice.by_source["x"]] == ["0.png", "2.png"]
    assert choice.conflicts == 1


def test_other_findings_stand_apart_and_unknown_labels_are_named(write_manifest: Callable[..., Path]) -> None:
    rows = [
        {"file": f"{label}.png", "label": label, "source": "x"} for label in ("normal", "other", "covid19")
    ]
    films = judged_films(read_manifest(write_manifest(rows)), FINDINGS)
    assert [(each.truth, each.index) for each in films] == [("normal", 2), ("other", -1), ("abnormal", 0)]
    two = judged_films(read_manifest(write_manifest(rows)), ("pneumonia", "normal"))
    assert [each.truth for each in two] == ["normal", "other"]  # COVID-19 is no class of that task
    wrong = write_manifest([*rows, {"file": "z.png", "label": "fracture", "source": "x"}])
    (wrong.parent / "normal.png").unlink()
    with pytest.raises(ManifestError) as problems:
        judged_films(read_manifest(wrong), FINDINGS)
    assert [problem.partition(":")[0] for problem in problems.value.problems] == ["normal.png", "z.png"]


def test_a_balanced_choice_takes_as_many_of_each_source_and_label_as_it_can() -> None:
    films = [judged("normal", "large", number=k) for k in range(50)]
    films += [judged("covid19", "large", number=k) for k in range(50)] + [judged("normal", "small")]
    chosen = balanced(films, 11)
    cells = [(each.film.source, each.film.label) for each in chosen]
    assert (cells.count(("large", "normal")), cells.count(("large", "covid19"))) == (5, 5)
    assert cells.count(("small", "normal")) == 1
    assert {each.path for each in chosen} <= {each.path for each in films}
    assert len({each.path for each in chosen}) == 11
    assert balanced(films, None) == balanced(films, 500) == tuple(films)


def test_the_shipped_bundle_has_seen_its_sources_and_not_the_further_ones(real_films: Path) -> None:
    further = Path(os.environ.get("CARINA_CXR_MORE") or real_films.parent / "cxr-more")
    if not (further / "manifest.csv").is_file():
        pytest.skip(f"needs the films of {further} (or of CARINA_CXR_MORE)")
    seen = sources_seen(load_bundle(find_bundle(DEFAULT)).card)
    films = [
        each
        for folder in (real_films, further)
        for each in judged_films(read_manifest(folder / "manifest.csv"), FINDINGS)
    ]
    choice = choose(films, seen)
    assert "kermany" in seen
    assert not {"jsrt", "cohen-later"} & seen
    assert sum(each.truth == "normal" for each in choice.by_source["jsrt"]) == 93
    assert choice.acquainted == 12  # patients of `cohen`
    assert {each.film.split for each in choice.by_source["kermany"]} == {"test"}
