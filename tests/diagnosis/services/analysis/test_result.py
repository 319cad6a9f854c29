"""A film ends with a prediction that says how it came about."""

import numpy as np
import pytest
from django.conf import settings
from PIL import Image
from pytest_django.fixtures import SettingsWrapper

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.cnn.bundle import Bundle
from diagnosis.cnn.classifier import Classifier
from diagnosis.cnn.heatmap import overlay
from diagnosis.imaging.phantom import draw_phantom
from diagnosis.imaging.raster import read_raster
from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus, StudyState
from tests.diagnosis.bundles import entered, shipped
from tests.diagnosis.services.analysis.attempts import analysed, png, with_bytes


def test_a_film_ends_with_a_prediction_that_says_how_it_came_about(scan: Scan, network: ModelVersion) -> None:
    scan = analysed(scan)
    prediction = Prediction.objects.get(scan=scan)
    assert scan.status == ScanStatus.ANALYSED
    assert scan.finished_at is not None
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert prediction.finding == max(prediction.probabilities, key=prediction.probabilities.__getitem__)
    assert sum(prediction.raw_probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert (prediction.model_version, prediction.bundle_checksum) == (network, shipped().checksum)
    assert prediction.original_sha256 == scan.sha256
    assert len(prediction.input_sha256) == 64
    assert {"numpy", "pillow", "ai-edge-litert"} <= set(prediction.library_versions)
    assert {"queue", "decode", "preprocess", "network", "looks", "heatmap"} <= set(prediction.timings_ms)
    assert prediction.uncertainty["p_abnormal"][0] == pytest.approx(prediction.p_abnormal)
    for path in (scan.display, scan.thumbnail, prediction.heatmap):
        with Image.open(settings.DATA_DIR / path) as picture:
            picture.load()
    scan.study.refresh_from_db()
    assert scan.study.state == StudyState.TO_REVIEW
    assert scan.study.network_finding == ""  # on probation none is named
    event = AuditEvent.objects.get(action="scan.analysed")
    assert event.facts["probabilities"]["normal"] == f"{prediction.p_normal:.6f}"
    assert event.facts["looks"] == [f"{look:.6f}" for look in prediction.uncertainty["p_abnormal"]]
    assert event.study_id == str(scan.study.public_id)
    assert list(audit.verify()) == []


def test_the_heatmap_is_that_of_the_lungs_box(scan: Scan, network: ModelVersion) -> None:
    scan = analysed(with_bytes(scan, png(draw_phantom(seed=1, kind="hazy"))))
    prediction = Prediction.objects.get(scan=scan)
    film = read_raster(settings.DATA_DIR / scan.original)
    classification = Classifier(shipped()).classify(film, gate=False)
    left, top, right, bottom = classification.activation_box
    assert min(left, top) > 0.05, "the box of these lungs is not the film"
    with Image.open(settings.DATA_DIR / prediction.heatmap) as picture:
        opacity = np.asarray(picture.convert("RGBA"))[..., 3]
    height, width = opacity.shape
    assert width / height == pytest.approx(film.width / film.height, abs=0.01)
    rows, columns = np.nonzero(opacity)
    assert rows.size
    assert rows.min() >= int(top * height) - 1
    assert rows.max() <= int(bottom * height) + 1
    assert columns.min() >= int(left * width) - 1
    assert columns.max() <= int(right * width) + 1
    expected = overlay(
        classification.activation_map, width=film.width, height=film.height,
        box=classification.activation_box, longest_side=256,
    )  # fmt: skip
    assert (settings.DATA_DIR / prediction.heatmap).read_bytes() == expected


def test_a_network_of_two_classes_stores_nothing_for_the_third(
    scan: Scan, pneumonia_or_normal: Bundle
) -> None:
    entered(pneumonia_or_normal, active=True)
    prediction = Prediction.objects.get(scan=analysed(scan))
    assert prediction.p_covid19 is None
    assert prediction.p_pneumonia + prediction.p_normal == pytest.approx(1, abs=1e-5)
    assert set(prediction.probabilities) == set(prediction.raw_probabilities) == {"pneumonia", "normal"}
    assert prediction.finding in prediction.probabilities
    facts = AuditEvent.objects.get(action="scan.analysed").facts
    assert set(facts["probabilities"]) == {"pneumonia", "normal"}
    scan.study.refresh_from_db()
    assert scan.study.network_probability is None  # on probation no finding is named


def test_a_clinic_may_ask_for_the_mean_of_the_views(
    scan: Scan, network: ModelVersion, settings: SettingsWrapper
) -> None:
    settings.AVERAGE_LOOKS = True
    analysed(scan)
    prediction = Prediction.objects.get(scan=scan)
    assert prediction.uncertainty["averaged"] is True
    assert prediction.p_abnormal != pytest.approx(prediction.uncertainty["p_abnormal"][0], abs=1e-9)
