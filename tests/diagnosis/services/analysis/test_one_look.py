"""A worker looks once where two more looks could not change what the clinic is told."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import SettingsWrapper

from accounts.models import AuditEvent
from diagnosis.cnn.bundle import CARD, SUMS, Bundle, write_bundle
from diagnosis.cnn.classifier import Classifier
from diagnosis.imaging.raster import read_raster
from diagnosis.models import OperatingPoint, Prediction, Scan
from tests.diagnosis.bundles import entered, shipped
from tests.diagnosis.services.analysis.attempts import analysed
from tests.films import accepted


def with_reach(folder: Path, *, up: float, down: float) -> Bundle:
    """The network that ships, whose card says how far looks may move its answer."""

    def build(target: Path) -> dict[str, Any]:
        for file in shipped().path.iterdir():
            if file.name not in (SUMS, CARD):
                (target / file.name).symlink_to(file)
        return shipped().card | {"looks": {"up": up, "down": down}}

    return write_bundle(folder, build=build)


def test_a_worker_looks_once_and_stores_by_which_reach(scan: Scan, tmp_path: Path) -> None:
    entered(with_reach(tmp_path / "bundle", up=0.0, down=0.0), active=True)
    prediction = Prediction.objects.get(scan=analysed(scan))
    assert prediction.uncertainty["p_abnormal"] == [pytest.approx(prediction.p_abnormal)]
    assert prediction.uncertainty["reach"] == {"up": 0.0, "down": 0.0}
    assert prediction.uncertainty["unfamiliar"] is False
    assert len(AuditEvent.objects.get(action="scan.analysed").facts["looks"]) == 1
    assert not prediction.looks_disagree
    assert not prediction.looked_too_little


def test_limits_of_the_clinic_ask_a_worker_for_three_looks(
    scan: Scan, tmp_path: Path, settings: SettingsWrapper
) -> None:
    bundle = with_reach(tmp_path / "bundle", up=0.5, down=0.5)
    film = read_raster(settings.DATA_DIR / scan.original)
    alone = Classifier(bundle).classify(film, gate=False)
    assert len(alone.uncertainty["p_abnormal"]) == 1, "by the card's limits one look is enough"
    point = accepted(scan.clinic, entered(bundle, active=True))
    below, beside = alone.p_abnormal - 2e-3, alone.p_abnormal - 1e-3
    OperatingPoint.objects.filter(pk=point.pk).update(normal_below=below, pathological_from=beside)
    assert len(Prediction.objects.get(scan=analysed(scan)).uncertainty["p_abnormal"]) == 3


def test_the_mean_of_the_views_is_made_of_all_of_them(
    scan: Scan, tmp_path: Path, settings: SettingsWrapper
) -> None:
    settings.AVERAGE_LOOKS = True
    entered(with_reach(tmp_path / "bundle", up=0.0, down=0.0), active=True)
    assert len(Prediction.objects.get(scan=analysed(scan)).uncertainty["p_abnormal"]) == 3
