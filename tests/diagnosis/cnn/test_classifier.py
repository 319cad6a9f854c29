"""What workers run: the shipped bundle through LiteRT, without TensorFlow, with a gate before it."""

import csv
import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from diagnosis.cnn.bundle import DEFAULT, Bundle, BundleCorrupt, write_bundle
from diagnosis.cnn.classifier import Classifier
from diagnosis.cnn.decision import finding_in_line, triage
from diagnosis.cnn.findings import FINDINGS
from diagnosis.cnn.lungs import FilmPreparation
from diagnosis.cnn.quality import NotAChestRadiograph
from diagnosis.imaging.radiograph import Radiograph
from diagnosis.imaging.raster import read_raster
from diagnosis.management.commands.analyse import analyse_file
from tests.diagnosis.cnn.conftest import draw_film


def radiograph(pixels: np.ndarray, **facts: str) -> Radiograph:
    height, width = pixels.shape
    return Radiograph(pixels.astype(np.float32), width, height, facts)


def drawn() -> Radiograph:
    return radiograph(np.asarray(draw_film("covid19", 0, side=300)) / 255)


def photographs() -> dict[str, np.ndarray]:
    """Pictures that are no films: gradients, noise, shapes, a letter, a landscape; 0-1."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:400, 0:500] / 500
    shapes = Image.new("L", (500, 500), 30)
    draw = ImageDraw.Draw(shapes)
    for number in range(30):
        left, top = random.integers(0, 400, 2).tolist()
        kind = draw.ellipse if number % 2 else draw.rectangle
        kind((left, top, left + 90, top + 60), fill=int(random.integers(256)))
    letter = Image.new("L", (500, 600), 255)
    draw = ImageDraw.Draw(letter)
    for line in range(20):
        draw.text((20, 20 + 28 * line), f"Dear colleague, line {line} of this letter", fill=0, font_size=20)
    hills = 0.45 + 0.08 * np.sin(x * 9) + 0.03 * np.sin(x * 31)
    landscape = np.where(y > hills, 0.3 + 0.1 * random.random(x.shape), 0.9 - y * 0.5)
    return {
        "gradient": x,
        "noise": random.random((400, 400)),
        "stripes": (np.sin(x * 60) + 1) / 2,
        "shapes": np.asarray(shapes) / 255,
        "letter": np.asarray(letter) / 255,
        "landscape": landscape,
    }


def test_serving_never_imports_tensorflow() -> None:
    script = (
        "import sys; import numpy as np; import diagnosis.cnn.heatmap;"
        "from diagnosis.cnn.bundle import find_bundle, load_bundle;"
        "from diagnosis.cnn.classifier import Classifier;"
        "from diagnosis.imaging.radiograph import Radiograph;"
        f"c = Classifier(load_bundle(find_bundle({DEFAULT!r})));"
        "c.classify(Radiograph(np.eye(300, dtype='float32'), 300, 300, {}), gate=False);"
        "print([name for name in sys.modules if name.split('.')[0] in ('tensorflow', 'keras', 'django')])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_classification_holds_what_a_prediction_stores(shipped: Classifier) -> None:
    film = drawn()
    answer = shipped.classify(film, gate=False)
    assert tuple(answer.probabilities) == tuple(answer.raw_probabilities) == FINDINGS
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert sum(answer.raw_probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert answer.finding == max(answer.probabilities, key=answer.probabilities.__getitem__)
    seen, box = FilmPreparation(shipped.preprocessing, shipped.bundle.lungs).prepare(film.pixels)
    assert answer.input_sha256 == seen.sha256
    assert answer.activation_box == box
    assert box != shipped.preprocessing.box()
    assert answer.activation_map.shape == (7, 7)
    assert answer.activation_map.dtype == np.float32
    assert 0 <= answer.activation_map.min() <= answer.activation_map.max() <= 1
    assert answer.activation_map.max() == pytest.approx(answer.p_abnormal, abs=1e-4)
    assert set(answer.timings_ms) == {"checks", "preprocess", "network", "looks"}
    assert {"ai-edge-litert", "numpy", "pillow", "python"} == set(answer.library_versions)
    assert answer.operating_point["unsure_from"] < answer.operating_point["pathological_from"]


def test_a_network_of_two_classes_answers_for_these_alone(pneumonia_or_normal: Bundle) -> None:
    answer = Classifier(pneumonia_or_normal).classify(drawn(), gate=False)
    assert tuple(answer.probabilities) == tuple(answer.raw_probabilities) == ("pneumonia", "normal")
    assert answer.p_abnormal == pytest.approx(answer.probabilities["pneumonia"], abs=1e-6)
    assert answer.finding in ("pneumonia", "normal")
    assert answer.activation_map.shape == (2, 2)
    logits = np.log(list(answer.raw_probabilities.values())) / 1.5
    assert answer.probabilities["pneumonia"] == pytest.approx(
        1 / (1 + np.exp(logits[1] - logits[0])), abs=1e-5
    )


def test_a_card_with_other_classes_than_its_graph_is_corrupt(
    pneumonia_or_normal: Bundle, tmp_path: Path
) -> None:
    def build(folder: Path) -> dict[str, Any]:
        for file in ("model.tflite", "model.keras", "lungs.tflite", "reference.npz"):
            (folder / file).symlink_to(pneumonia_or_normal.path / file)
        return pneumonia_or_normal.card | {"findings": list(FINDINGS)}

    with pytest.raises(BundleCorrupt, match="does not answer for covid19, pneumonia, normal"):
        Classifier(write_bundle(tmp_path / "b", build=build))


def test_calibration_is_the_temperature_of_the_card(shipped: Classifier) -> None:
    answer = shipped.classify(drawn(), gate=False)
    logits = np.log([answer.raw_probabilities[finding] for finding in FINDINGS]) / shipped.bundle.temperature
    expected = np.exp(logits) / np.exp(logits).sum()
    assert list(answer.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-5)


def test_the_same_film_gives_the_same_numbers(shipped: Classifier) -> None:
    first, second = shipped.classify(drawn(), gate=False), shipped.classify(drawn(), gate=False)
    assert first.probabilities == second.probabilities
    assert np.array_equal(first.activation_map, second.activation_map)


def test_triage_follows_the_band() -> None:
    band = (0.3, 0.6)
    assert [triage(p, band) for p in (0.0, 0.29, 0.3, 0.59, 0.6, 1.0)] == [
        "normal", "normal", "unsure", "unsure", "pathological", "pathological",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(photographs()))
def test_pictures_that_are_no_films_are_refused(shipped: Classifier, name: str) -> None:
    with pytest.raises(NotAChestRadiograph) as refusal:
        shipped.classify(radiograph(photographs()[name]))
    assert refusal.value.advice
    assert shipped.classify(radiograph(photographs()[name]), gate=False).finding in FINDINGS


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (radiograph(np.full((300, 300), 0.5)), "blank"),
        (radiograph(np.eye(40)), "too_small_to_read"),
        (radiograph(np.asarray(draw_film("normal", 0)) / 255, colourfulness="0.31"), "colour_picture"),
        (
            radiograph(np.kron(np.arange(16).reshape(4, 4) % 3 / 2, np.ones((80, 80)))),
            "too_few_grey_levels",
        ),
    ],
)
def test_hopeless_pixels_are_refused_before_the_network_runs(
    shipped: Classifier, picture: Radiograph, code: str
) -> None:
    with pytest.raises(NotAChestRadiograph) as refusal:
        shipped.classify(picture)
    assert refusal.value.code == code


def permissive(shipped: Classifier) -> Classifier:
    """The network that ships, never unsure by its band, to whose gate drawings are known films."""
    gate = shipped.bundle.card["film_gate"] | {"threshold": 1.0, "margin": 1.0}
    band = {"lower": 0.5, "upper": 0.5}
    network = Classifier(
        replace(shipped.bundle, card=shipped.bundle.card | {"film_gate": gate, "unsure_band": band})
    )
    network._checks = None  # to which a drawing is no film
    return network


@pytest.mark.parametrize(("levels", "few"), [("63", True), ("64", False), ("12", True), ("255", False)])
def test_a_film_of_few_grey_levels_goes_to_a_person_first(
    shipped: Classifier, levels: str, few: bool
) -> None:
    film = radiograph(drawn().pixels, levels=levels)
    answer = permissive(shipped).classify(film)
    assert answer.uncertainty["few_grey_levels"] is few
    assert (answer.triage == "unsure") is few
    assert shipped.classify(film, gate=False).uncertainty["few_grey_levels"] is False


def test_a_film_whose_lungs_are_not_found_goes_to_a_person_first(shipped: Classifier) -> None:
    without = radiograph(np.tile(np.linspace(0, 1, 300), (300, 1)))
    answer = permissive(shipped).classify(without)
    assert answer.uncertainty["lungs_not_found"] is True
    assert answer.triage == "unsure"
    assert answer.activation_box == shipped.preprocessing.box()
    assert shipped.classify(without, gate=False).uncertainty["lungs_not_found"] is False
    found = permissive(shipped).classify(drawn())
    assert found.uncertainty["lungs_not_found"] is False
    assert found.triage != "unsure"


@pytest.mark.data
def test_real_films_pass_the_gate_and_mostly_get_their_label(shipped: Classifier, real_films: Path) -> None:
    with (real_films / "manifest.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "test" and row["label"]]
    answers = [shipped.classify(read_raster(real_films / row["file"])) for row in rows[::27]]
    right = [answer.finding == row["label"] for answer, row in zip(answers, rows[::27], strict=True)]
    assert len(right) == 50
    assert np.mean(right) > 0.8


@pytest.mark.data
def test_films_are_familiar_and_grain_turns_no_decision(shipped: Classifier, real_films: Path) -> None:
    paths = sorted((real_films / "images/nih-chestxray8/normal").glob("*.jpg"))[::60]
    noise = np.random.default_rng(0)
    plain, grained = [], []
    for path in paths:
        film = read_raster(path)
        changed = np.clip(film.pixels + noise.normal(0, 5 / 255, film.pixels.shape), 0, 1)
        plain.append(shipped.classify(film))
        grained.append(shipped.classify(radiograph(changed)))
    assert len(paths) >= 6
    assert sum(answer.uncertainty["unfamiliar"] for answer in plain) <= 1
    turned = [{before.triage, after.triage} for before, after in zip(plain, grained, strict=True)]
    assert {"normal", "pathological"} not in turned
    assert np.mean([abs(a.p_abnormal - b.p_abnormal) for a, b in zip(plain, grained, strict=True)]) < 0.15


@pytest.mark.data
def test_a_file_gives_the_record_a_worker_stores(shipped: Classifier, real_films: Path) -> None:
    path = next((real_films / "images/kermany/normal").glob("*.jpg"))
    record = analyse_file(path, shipped)
    assert record["original_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["bundle_checksum"] == shipped.bundle.checksum
    assert (record["model"], record["model_version"]) == ("carina-cxr", "3.0.0")
    assert {"finding", "triage", "probabilities", "raw_probabilities", "input_sha256"} <= set(record)


def test_a_file_that_is_no_film_gives_a_typed_refusal(shipped: Classifier, tmp_path: Path) -> None:
    Image.fromarray((photographs()["gradient"] * 255).astype(np.uint8)).save(tmp_path / "sky.png")
    (tmp_path / "letter.png").write_bytes(b"%PDF-1.7 not a picture")
    assert analyse_file(tmp_path / "sky.png", shipped)["refusal"] in ("out_of_distribution", "lungs_cut_off")
    for name in ("letter.png", "nowhere.png", "."):
        record = analyse_file(tmp_path / name, shipped)
        assert record["refusal"]
        assert record["message"]
        assert "finding" not in record


@pytest.mark.parametrize(
    ("probabilities", "said", "finding"),
    [
        ((0.30, 0.32, 0.38), "pathological", "pneumonia"),
        ((0.30, 0.32, 0.38), "unsure", "normal"),
        ((0.50, 0.05, 0.45), "normal", "normal"),
        ((0.60, 0.30, 0.10), "pathological", "covid19"),
    ],
)
def test_the_finding_never_contradicts_the_triage(
    probabilities: tuple[float, ...], said: Any, finding: str
) -> None:
    assert finding_in_line(np.array(probabilities, dtype=np.float32), said, FINDINGS) == finding


def test_a_film_called_pathological_has_the_one_disease_that_the_network_knows() -> None:
    probabilities = np.array([0.45, 0.55], dtype=np.float32)
    assert finding_in_line(probabilities, "pathological", ("covid19", "normal")) == "covid19"
    assert finding_in_line(probabilities, "unsure", ("covid19", "normal")) == "normal"
