"""Which network's result is told, and how steady its answer was."""

import pytest

from diagnosis.api.serializers import PredictionSerializer
from diagnosis.cnn.uncertainty import ONE_LOOK, Reach, uncertainty
from diagnosis.models import OperatingPoint, Prediction
from tests import films
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer
from tests.diagnosis.api.read.address import url


def test_after_a_rollback_the_active_networks_result_is_told(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    films.promoted("2.0.0")
    films.predict(scan, p_covid19=0.02, p_pneumonia=0.03, version="2.0.0")
    said = computer.read(url(scan.study)).json()["films"][0]["prediction"]["model"]
    assert (said["version"], said["active"]) == ("2.0.0", True)
    films.promoted("1.0.0")
    said = computer.read(url(scan.study)).json()["films"][0]["prediction"]["model"]
    assert (said["version"], said["active"]) == ("1.0.0", True)
    films.promoted("3.0.0")
    said = computer.read(url(scan.study)).json()["films"][0]["prediction"]["model"]
    assert (said["version"], said["active"]) == ("2.0.0", False)


def test_a_result_says_how_far_its_answer_wobbles(cast: Cast, computer: Computer) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    films.predict(scan, p_covid19=0.1, p_pneumonia=0.7, looks=(0.75, 0.2))
    body = computer.read(url(scan.study)).json()
    said = body["films"][0]["prediction"]
    assert said["uncertainty"]["p_abnormal"] == pytest.approx([0.8, 0.75, 0.2])
    assert (said["uncertainty"]["low"], said["uncertainty"]["high"]) == pytest.approx((0.2, 0.8))
    assert said["uncertainty"]["crosses_threshold"] is True
    assert said["uncertainty"]["averaged"] is False
    assert said["uncertainty"]["unfamiliar"] is False
    assert said["triage"] == body["network_triage"] == "unsure", "a person reads first"


def test_a_result_from_before_anybody_asked_does_not_say_whether_its_film_is_familiar() -> None:
    told = uncertainty([0.8, 0.75, 0.7], ["pathological"] * 3, averaged=False)
    by = OperatingPoint(normal_below=0.3, pathological_from=0.6)
    said = PredictionSerializer().get_uncertainty(Prediction(uncertainty=told, limits=by))
    assert said == told
    said = PredictionSerializer().get_uncertainty(
        Prediction(uncertainty=told | {"unfamiliar": True}, limits=by)
    )
    assert said == told | {"unfamiliar": True}


def test_a_result_from_before_has_no_uncertainty(cast: Cast, computer: Computer) -> None:
    scan = films.analysed_scan(cast.clinic_a, cast.doctor)
    assert computer.read(url(scan.study)).json()["films"][0]["prediction"]["uncertainty"] is None


def test_a_result_of_one_look_gives_no_spread_and_says_nothing_of_limits_crossed(
    cast: Cast, computer: Computer
) -> None:
    scan = films.queued_scan(cast.clinic_a, cast.doctor)
    films.predict(scan, p_covid19=0.13, p_pneumonia=0.85, reach=Reach(up=2.0, down=2.0))
    said = computer.read(url(scan.study)).json()["films"][0]["prediction"]
    assert said["uncertainty"]["method"] == ONE_LOOK
    assert said["uncertainty"]["p_abnormal"] == pytest.approx([0.98])
    assert not {"spread", "crosses_threshold"} & set(said["uncertainty"])
    assert said["triage"] == "pathological"
