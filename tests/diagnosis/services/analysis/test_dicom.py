"""DICOM films go the same way as others, and the rule of their pixels stays on record."""

import numpy as np

from diagnosis.imaging.phantom import draw_phantom
from diagnosis.models import ModelVersion, Prediction, Scan, ScanStatus
from tests.conftest import Cast
from tests.diagnosis.services.analysis.attempts import analysed, with_bytes
from tests.dicom_films import make_film
from tests.films import queued_scan


def as_dicom(scan: Scan, content: bytes) -> Scan:
    scan.media_type = "application/dicom"
    return with_bytes(scan, content, "film.dcm")


def test_a_dicom_film_ends_with_a_prediction_and_its_rule(scan: Scan, network: ModelVersion) -> None:
    pixels = np.asarray(draw_phantom(seed=1).convert("L"))
    scan = analysed(as_dicom(scan, make_film(pixels.astype(np.uint16) * 14, bits=12)))
    assert scan.status == ScanStatus.ANALYSED
    assert scan.display
    assert scan.pixel_rule["format"] == "dicom"
    assert scan.pixel_rule["presentation"].startswith("automatic: centre ")
    assert scan.pixel_rule["polarity"] == "as stored"


def test_a_dicom_film_of_either_polarity_is_the_same_to_the_network(
    scan: Scan, network: ModelVersion, cast: Cast
) -> None:
    pixels = np.asarray(draw_phantom(seed=1, kind="hazy").convert("L"))
    other = queued_scan(cast.clinic_a, cast.doctor, number="P-2", seed=5)
    analysed(as_dicom(scan, make_film(pixels)))
    analysed(as_dicom(other, make_film(255 - pixels, photometric="MONOCHROME1")))
    inputs = [prediction.input_sha256 for prediction in Prediction.objects.all()]
    assert len(inputs) == 2
    assert len(set(inputs)) == 1


def test_the_rule_stays_on_record_when_the_gate_refuses_the_film(scan: Scan, network: ModelVersion) -> None:
    scan.is_phantom = False
    noise = np.random.default_rng(0).integers(0, 4096, (512, 512)).astype(np.uint16)
    scan = analysed(as_dicom(scan, make_film(noise, bits=12)))
    assert scan.status == ScanStatus.REFUSED
    assert scan.pixel_rule["stored"] == "12 of 16 bits, unsigned"


def test_a_png_has_no_rule(scan: Scan, network: ModelVersion) -> None:
    assert analysed(scan).pixel_rule == {}
