"""The candidate's worker is killed in the middle of a film: the film is shown again, and nobody notices."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import F

from diagnosis.cnn.bundle import load_bundle
from diagnosis.models import Prediction, Scan, Study
from diagnosis.models.shadow import Outcome, ShadowErrand, ShadowPrediction
from diagnosis.services import candidates, shadow
from tests.conftest import Cast
from tests.diagnosis.bundles import another_version, entered, shipped
from tests.diagnosis.services.analysis.attempts import analysed
from tests.films import queued_scan
from tests.flows.portal import database_url

SHOW = "from diagnosis import tasks; tasks.show_to_candidate()"


def visible() -> list[list[dict[str, object]]]:
    """Every value of what people are shown a result from."""
    return [list(model.objects.order_by("pk").values()) for model in (Scan, Study, Prediction)]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_film_whose_shadow_worker_is_killed_is_shown_again_and_no_result_changes(
    cast: Cast, tmp_path: Path
) -> None:
    entered(shipped(), active=True)
    candidate = entered(load_bundle(another_version(tmp_path / "bundle", "9.9.9").path))
    candidates.name_candidate(model_version=candidate, actor="test")
    analysed(queued_scan(cast.clinic_a, cast.doctor))
    before = visible()
    environment = os.environ | {"DATABASE_URL": database_url(), "DATA_DIR": str(settings.DATA_DIR)}
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-c", SHOW],
        cwd=settings.BASE_DIR,
        env=environment,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not ShadowErrand.objects.exists():
            assert worker.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(timeout=10)
    assert not ShadowPrediction.objects.exists(), "the kill came too late: the test proved nothing"
    assert visible() == before
    shadow._classifier.cache_clear()
    assert shadow.run_due(seconds=60) == 0, "it may still be at work"
    ShadowErrand.objects.update(heard_at=F("heard_at") - timedelta(hours=1))  # the time passes
    assert shadow.run_due(seconds=60) == 1
    assert ShadowPrediction.objects.get().outcome == Outcome.ANSWERED
    assert visible() == before
    shadow._classifier.cache_clear()
