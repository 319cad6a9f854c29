"""The worker notes a film's figures with its result: what the watch over a clinic's films lives on."""

from typing import Any

import pytest
from PIL import Image

from diagnosis.cnn.classifier import Classifier
from diagnosis.cnn.film_statistics import NAMES
from diagnosis.models import FilmStatistics, ModelVersion, Prediction, Scan, ScanStatus, Triage
from tests.diagnosis.services.analysis.attempts import analysed, png, with_bytes


@pytest.fixture
def film(scan: Scan) -> Scan:
    """A film that counts as one of the clinic's machines."""
    Scan.objects.filter(pk=scan.pk).update(is_phantom=False)
    return Scan.objects.get(pk=scan.pk)


def test_an_analysed_film_leaves_its_answer_and_its_picture_in_figures(
    film: Scan, network: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    classify = Classifier.classify

    def without_gate(network: Classifier, read: Any, *, gate: bool, correct: bool = True) -> Any:
        return classify(network, read, gate=False)  # it would tell that the film is drawn

    monkeypatch.setattr(Classifier, "classify", without_gate)
    assert analysed(film).status == ScanStatus.ANALYSED
    row, prediction = FilmStatistics.objects.get(), Prediction.objects.get()
    assert (row.scan, row.clinic, row.model_version, row.refused) == (film, film.clinic, network, False)
    assert row.score == pytest.approx(prediction.p_abnormal, abs=1e-6)
    assert row.unsure == (prediction.triage == Triage.UNSURE)
    assert all(getattr(row, name) is not None for name in NAMES)
    assert 0 < (row.level or 0) < 1


def test_a_refused_film_leaves_what_could_be_measured(film: Scan, network: ModelVersion) -> None:
    analysed(with_bytes(film, png(Image.new("L", (300, 200), 128))))
    row = FilmStatistics.objects.get()
    assert (row.refused, row.score, row.unsure, row.model_version) == (True, None, None, network)
    assert (row.megapixels, row.grain) == (0.06, 0.0)


def test_a_film_that_cannot_be_decoded_leaves_that_it_was_refused(film: Scan, network: ModelVersion) -> None:
    analysed(with_bytes(film, b"no film"))
    row = FilmStatistics.objects.get()
    assert (row.refused, [getattr(row, name) for name in NAMES]) == (True, [None] * len(NAMES))


def test_drawn_films_leave_nothing(scan: Scan, network: ModelVersion) -> None:
    assert analysed(scan).status == ScanStatus.ANALYSED
    assert not FilmStatistics.objects.exists()
