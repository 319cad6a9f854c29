"""After the upgrade every clinic is on probation: the worklist stands as the portal itself would write it."""

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from diagnosis.models import Prediction, Study
from diagnosis.services import standing, worklist
from tests.conftest import Cast
from tests.films import predict, queued_scan

fill = import_module("diagnosis.migrations.0043_everybody_on_probation").fill
clear = import_module("diagnosis.migrations.0044_withheld_names_no_finding").clear
FIELDS = ("rank", "place", "network_triage", "network_standing", "network_finding", "network_probability")


@pytest.mark.parametrize(("score", "told"), [(0.95, "pathological"), (0.05, "normal")])
def test_what_was_told_is_kept_and_no_decision_is_told_any_more(cast: Cast, score: float, told: str) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.0, p_pneumonia=score)
    before = MigrationLoader(connection).project_state().apps  # rows as an older version wrote them
    before.get_model("diagnosis", "Prediction").objects.update(told_triage="", told_finding="", limits=None)
    Study.objects.update(network_standing="")
    fill(before, None)
    earlier = Study.objects.get()
    clear(before, None)
    assert earlier.network_finding
    assert Study.objects.get().changed_at > earlier.changed_at, "whoever asks what changed hears of it"
    prediction = Prediction.objects.get()
    assert (prediction.told_triage, prediction.shown_triage) == (told, "unsure")
    assert standing.in_words(prediction).endswith(f"Earlier, this film was told as “{told}”.")
    migrated = Study.objects.values(*FIELDS).get()
    worklist.refresh(worklist.lock(scan.study_id))
    assert migrated == Study.objects.values(*FIELDS).get()
    assert migrated["network_standing"] == "probation"
