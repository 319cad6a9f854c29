"""The proof that nothing is lost: a real worker and a real broker, killed again and again.

Two hundred films go through the real queue while the worker's whole process group is killed with SIGKILL at
ten random moments, and the broker once. At the end every film is analysed, exactly once.
"""

import io
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from PIL import Image

from accounts import audit
from accounts.models import AuditEvent
from diagnosis.imaging.phantom import KINDS, draw_phantom
from diagnosis.models import FINAL_STATUSES, Patient, Prediction, Scan, ScanStatus, Study, StudyState
from diagnosis.services import registry
from diagnosis.services.intake import films
from portal.celery import app
from tests.conftest import Cast
from tests.flows.portal import Portal

FILMS, FILMS_A_STUDY, FILMS_AHEAD, KILLS = 200, 4, 60, 10
BROKER_DIES_AT_KILL = 5
SECONDS_AFTER_THE_LAST_RESTART = 60


def small_films(seed: int) -> Iterator[bytes]:
    """PNG films of 160 × 160 pixels, each with a noise of its own."""
    noise = np.random.default_rng(seed)
    chests = [
        np.asarray(draw_phantom(seed=1, kind=kind).resize((160, 160)), dtype=np.float64) for kind in KINDS
    ]
    for number in range(FILMS):
        levels = chests[number % len(chests)] + noise.normal(0, 6, (160, 160))
        stream = io.BytesIO()
        Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).save(stream, "PNG")
        yield stream.getvalue()


@pytest.fixture
def portal(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    portal = Portal(tmp_path)
    monkeypatch.setattr(app.conf, "broker_url", portal.embedded.url)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app, "_pool", None)
    try:
        yield portal
    finally:
        portal.kill_all()


def send_in(cast: Cast, seed: int) -> None:
    """What the web process does meanwhile: films come in all the time, some sixty ahead of the workers."""
    patient = Patient.objects.create(clinic=cast.clinic_a, number="P-1")
    study = None
    for number, film in enumerate(small_films(seed)):
        until(lambda number=number: finished() > number - FILMS_AHEAD, 120, f"{number} films sent in")
        if number % FILMS_A_STUDY == 0:
            study = Study.objects.create(clinic=cast.clinic_a, patient=patient)
        assert study is not None
        films.receive(
            study=study, film=io.BytesIO(film), name=f"{number}.png", actor=cast.technician, is_phantom=True
        )
    connection.close()


def until(condition: Any, seconds: float, what: str) -> float:
    """Wait for a condition; how long it took. Fails the test at the deadline."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            states = Counter(Scan.objects.values_list("status", flat=True))
            pytest.fail(f"after {seconds:.0f} s still not: {what}; scans are {dict(states)}")
        time.sleep(0.01)
    return time.monotonic() - began


def finished() -> int:
    return Scan.objects.filter(status__in=FINAL_STATUSES).count()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_film_is_analysed_exactly_once_whatever_is_killed(
    cast: Cast, portal: Portal, pytestconfig: pytest.Config
) -> None:
    seed = int(os.environ.get("CARINA_KILL_SEED") or random.randrange(10**6))
    chance = random.Random(seed)
    bundle = registry.register(bundle_path=registry.shipped_bundle(), actor=cast.operator)
    registry.promote(model_version=bundle, actor=cast.operator)
    portal.start_broker()
    portal.start_beat()
    web = threading.Thread(target=send_in, args=(cast, seed), daemon=True)
    web.start()

    # A kill comes when a random number of films is done, and up to a film's time later: in the middle of one.
    moments = sorted(chance.sample(range(4, FILMS - 10), KILLS))
    portal.start_worker()
    for kill, moment in enumerate(moments, start=1):
        until(lambda moment=moment: finished() >= moment, 60, f"{moment} films analysed before kill {kill}")
        time.sleep(chance.uniform(0, 0.1))
        portal.kill("worker")
        if kill == BROKER_DIES_AT_KILL:
            portal.kill("broker")
            portal.start_broker()
        portal.start_worker()
    took = until(
        lambda: Scan.objects.filter(status=ScanStatus.ANALYSED).count() == FILMS,
        SECONDS_AFTER_THE_LAST_RESTART,
        "every film analysed",
    )
    web.join(timeout=10)
    check_the_record()
    again = AuditEvent.objects.filter(action="scan.requeued").count()
    assert again, "no kill hit a film: the test proved nothing"
    for name in ("worker", "beat"):
        assert "is locked" not in portal.log(name).read_text()
    report(
        pytestconfig,
        f"{FILMS} films, {KILLS} kills of the worker and one of the broker (seed {seed}): all analysed "
        f"{took:.1f} s after the last restart, {again} sent again",
    )


def check_the_record() -> None:
    """Exactly one prediction and one event for each film, every study summed up, the chain whole."""
    assert sorted(Prediction.objects.values_list("scan_id", flat=True)) == sorted(
        Scan.objects.values_list("pk", flat=True)
    )
    subjects = Counter(AuditEvent.objects.filter(action="scan.analysed").values_list("subject", flat=True))
    assert len(subjects) == FILMS
    assert set(subjects.values()) == {1}
    assert set(Study.objects.values_list("state", flat=True)) == {StudyState.TO_REVIEW}
    assert list(audit.verify()) == []


def report(config: pytest.Config, line: str) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.write_line(f"\n{line}")
