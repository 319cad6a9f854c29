"""What is left of shortcuts: the painting, and the command on films drawn by code."""

import contextlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diagnosis.cnn.bundle import DEFAULT, LUNG_NETWORK, LUNGS, Bundle, write_bundle
from diagnosis.cnn.evaluation.manifest import Film, read_manifest
from diagnosis.cnn.evaluation.prediction import answer_films
from diagnosis.cnn.findings import FINDINGS
from diagnosis.cnn.lungs import FilmPreparation, LungFinder
from diagnosis.cnn.network import Network
from diagnosis.cnn.preprocessing import FULL_FILM, PreprocessingParameters
from diagnosis.cnn.training.data.corruptions import MEASURED
from diagnosis.imaging.raster import read_raster
from research.shortcuts.__main__ import main
from research.shortcuts.audit import evenly
from research.shortcuts.occlusion import VARIANTS, answer_painted, painted, widened
from tests.diagnosis.bundles import shipped
from tests.diagnosis.cnn.conftest import draw_film


def test_films_for_the_probe_are_so_many_of_a_source_in_its_classes_shares() -> None:
    films = [Film(f"{k:03}.png", "normal" if k % 4 else "covid19", "large") for k in range(100)]
    films += [Film(f"s{k}.png", "normal", "small") for k in range(3)]
    chosen = evenly(films, 20)
    assert [film.source for film in chosen].count("small") == 3
    large = [film for film in chosen if film.source == "large"]
    assert len({film.file for film in large}) == 20
    assert [film.label for film in large].count("covid19") == 5
    assert evenly(films[::-1], 20) == chosen


def test_painting_covers_the_mask_and_one_cell_around_it_and_nothing_else() -> None:
    mask = np.zeros((48, 48), np.float32)
    mask[10:30, 6:20] = 0.9
    mask[40, 40] = 0.4  # no lung
    lungs = widened(mask, (480, 960))
    expected = np.zeros((480, 960), bool)
    expected[90:310, 100:420] = True
    corners = expected ^ lungs  # the resampling rounds a corner off by a pixel or two
    rows, columns = np.nonzero(corners)
    assert corners.sum() < 100
    assert all(min(abs(row - 90), abs(row - 310)) < 6 for row in rows)
    assert all(min(abs(column - 100), abs(column - 420)) < 11 for column in columns)
    film = np.random.default_rng(0).random((480, 960)).astype(np.float32) * 0.5 + 0.25
    variants = painted(film, lungs)
    assert list(variants) == list(VARIANTS[1:])
    assert (variants["lungs_black"][lungs] == 0).all()
    assert (variants["only_lungs"][~lungs] == 0).all()
    np.testing.assert_allclose(variants["lungs_grey"][lungs], film.mean(), rtol=1e-5)
    for name, kept in (("lungs_black", ~lungs), ("lungs_grey", ~lungs), ("only_lungs", lungs)):
        np.testing.assert_array_equal(variants[name][kept], film[kept])
        assert variants[name].dtype == np.float32


def test_a_painted_film_is_framed_as_it_was_before() -> None:
    pixels = np.asarray(draw_film("normal", 0), dtype=np.float32) / 255
    preparation = FilmPreparation(PreprocessingParameters(crop="lungs"), LUNG_NETWORK)
    film, seen = preparation.prepare(pixels)
    box = LungFinder(LUNG_NETWORK).find(pixels).box
    assert seen != FULL_FILM
    given, same = preparation.prepare(pixels, box)
    assert (same, given.sha256) == (seen, film.sha256)
    blank, framed = preparation.prepare(np.zeros_like(pixels), box)
    assert framed == seen
    assert not blank.pixels.any()


def cropping(folder: Path, lungs: Path = LUNG_NETWORK) -> Bundle:
    """The network that ships, looking at the lungs' box, with the network that finds it."""

    def build(target: Path) -> dict[str, Any]:
        for file in ("model.tflite", "reference.npz"):
            (target / file).symlink_to(shipped().path / file)
        (target / "model.keras").write_bytes(b"x")
        (target / LUNGS).symlink_to(lungs)
        parameters = PreprocessingParameters(crop="lungs").to_card()
        return shipped().card | {"name": "cropping", "preprocessing": parameters}

    return write_bundle(folder, build=build)


@pytest.fixture
def manifest(write_manifest: Callable[..., Path]) -> Path:
    """Two sources with COVID-19 and normal, one of pneumonia alone; one film of a test split is noise."""
    path = write_manifest(
        [
            {"file": f"{split}/{source}/{label}-{k}.png", "label": label, "source": source, "split": split}
            for split, count in (("train", 3), ("test", 2))
            for source, labels in (
                ("both", ("covid19", "normal")),
                ("other", ("covid19", "normal")),
                ("single", ("pneumonia",)),
            )
            for label in labels
            for k in range(count)
        ]
    )
    noise = np.random.default_rng(0).integers(0, 255, (96, 96), dtype=np.uint8)
    Image.fromarray(noise).save(path.parent / "test/both/normal-0.png")
    return path


def audited(manifest: Path, bundle: str | Path = DEFAULT, *more: str) -> tuple[dict[str, Any], str]:
    """The figures and the words of the command."""
    target, out = manifest.parent / "audit.json", io.StringIO()
    with contextlib.redirect_stdout(out):
        main([
            "--bundle", str(bundle), "--manifest", str(manifest), "--json", str(target),
            "--processes", "1", "--resamples", "20", *more,
        ])  # fmt: skip
    return json.loads(target.read_text()), out.getvalue()


def test_the_command_says_what_is_left_of_shortcuts_in_words_and_as_json(manifest: Path) -> None:
    report, text = audited(manifest, DEFAULT, "--films", "4")
    assert report["bundle"]["checksum"] == shipped().checksum
    data = report["data"]
    assert (data["split"], data["films"], data["films_for_the_probe"]) == ("test", 10, 4 + 4 + 3)
    assert (data["films_with_lungs_found"], data["films_without_lungs_found"]) == (9, 1)
    probe = report["source_probe"]
    assert probe["balanced_accuracy"]["all_films"]["sources"] == 3
    assert {row["films_judged"] for row in probe["by_source"].values()} == {4, 2}
    assert set(report["within_sources"]) == {"both", "other"}
    assert report["within_sources"]["both"]["auroc_abnormal"]["value"] is not None
    hidden = report["hidden"]
    assert set(hidden["pooled"]) == set(VARIANTS)
    for figures in hidden["pooled"].values():
        assert figures["films"] == 9
        assert figures["macro_auroc"]["low"] <= figures["macro_auroc"]["value"]
        assert 0 <= figures["decided"] <= 1
    assert set(hidden["auroc_abnormal_by_source"]["other"]) == {"films", *VARIANTS}
    worse = report["made_worse"]
    assert set(worse) == {"untouched", *MEASURED}
    assert (worse["untouched"]["shift"], worse["untouched"]["overturned"]) == (0, 0)
    assert worse["compressed"]["shift"] != 0
    assert max(map(len, text.splitlines())) <= 120
    for name, limit in (("macro_auroc_lungs_black", 0.70), ("source_probe", 0.4999)):
        target = report["targets"][name]
        assert target["met"] is (target["figure"]["value"] <= limit)
    for words in (
        "lungs black",
        "9 films whose lungs were found, 1 others",
        "at most 0.70",
        "below 0.50",
        "grainy",
    ):
        assert words in text


def test_the_untouched_film_gets_the_answer_that_it_gets_everywhere_and_painting_changes_it(
    manifest: Path, tmp_path: Path
) -> None:
    bundle = cropping(tmp_path / "cropping")
    films = read_manifest(manifest).of_split("test")[2:6]
    paths = [manifest.parent / film.file for film in films]
    jobs = [(path, number != 3) for number, path in enumerate(paths)]
    told = list[int]()
    answers = answer_painted(bundle, jobs, processes=1, progress=told.append)
    parameters = PreprocessingParameters.from_card(bundle.card["preprocessing"])
    plain = answer_films(bundle.graph, parameters, paths, lungs=bundle.lungs, processes=1)
    np.testing.assert_array_equal(answers.probabilities[:, 0], plain.probabilities)
    np.testing.assert_array_equal(answers.gate, plain.gate)
    assert told == [1, 2, 3, 4]
    assert np.isnan(answers.probabilities[3, 1:]).all()  # a film for the probe alone
    network, preparation = Network(bundle.graph), FilmPreparation(parameters, bundle.lungs)
    pixels = read_raster(paths[1]).pixels
    fields = LungFinder(LUNG_NETWORK).find(pixels)
    assert fields.found
    for place, film in enumerate(painted(pixels, widened(fields.mask, pixels.shape)).values(), 1):
        framed, seen = preparation.prepare(film, fields.box)
        assert seen == preparation.prepare(pixels)[1]
        answer = network.run(framed.pixels).probabilities
        np.testing.assert_array_equal(answers.probabilities[1, place], answer)
        assert np.abs(answer - answers.probabilities[1, 0]).max() > 1e-3


def test_the_command_answers_bad_input_in_words(
    manifest: Path, tmp_path: Path, refusal: Callable[..., str]
) -> None:
    def refused(words: str, *arguments: str) -> None:
        assert re.search(words, refusal(main, "--manifest", str(manifest), *arguments))

    refused("nonesuch: no such bundle", "--bundle", "nonesuch")
    refused("no labelled film in the split 'val'", "--split", "val")
    refused("judge it on another one", "--split", "train")
    refused("no number of one or more", "--films", "0")
    refused("there is no folder", "--json", str(tmp_path / "nowhere" / "a.json"))
    without = cropping(tmp_path / "cropping", lungs=manifest)
    refused("the bundle cannot be loaded", "--bundle", str(without.path))
    (manifest.parent / "test/single/pneumonia-0.png").write_bytes(b"no picture")
    refused(r"(?s)1 thing to.*pneumonia-0\.png", "--processes", "1")
    (manifest.parent / "train/single/pneumonia-0.png").unlink()
    refused(r"train/single/pneumonia-0\.png: no such file", "--processes", "1")


def test_a_manifest_of_one_source_without_train_films_still_tells_what_hiding_does(
    write_manifest: Callable[..., Path], pneumonia_or_normal: Bundle
) -> None:
    rows = [
        {"file": f"{label}-{k}.png", "label": label, "source": "here", "split": "test"}
        for label in FINDINGS
        for k in range(2)
    ]
    report, text = audited(write_manifest(rows), pneumonia_or_normal.path)
    assert report["data"]["outside_task"] == 2
    assert report["findings"] == ["pneumonia", "normal"]
    assert report["targets"]["source_probe"]["met"] is None
    assert report["hidden"]["pooled"]["lungs_black"]["macro_auroc"]["value"] is not None
    assert "no source probe" in text
    assert "not measured" in text
    assert "2 films have a label outside the network's task" in text
