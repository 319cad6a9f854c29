"""Whatever a candidate says, no page, API answer, export or report is another one for it."""

import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from diagnosis import models
from diagnosis.models import ModelVersion, Scan, Study
from diagnosis.models.shadow import BlindRead, ShadowErrand, ShadowPrediction
from diagnosis.services import worklist
from tests.access_table import ACTORS, TABLE
from tests.films import analysed_scan
from tests.shadows import shadowed
from tests.test_access import World, world

__all__ = ["world"]

# What differs from one answer to the next by itself.
CHANGES = re.compile(
    r'csrfmiddlewaretoken" value="[^"]+"|name="entry" value="[^"]+"|"X-CSRFToken": ?"[^"]+"|[0-9a-f]{64}'
    r"|--[0-9a-f]{32}|\d+ (min|s)\b"
    r'|"resume_from": ?"[^"]+"'  # of the list of studies: the moment it was asked for
    r'|datetime="[^"]+"|\d\d:\d\d:\d\d'  # of the look itself, in the study's history
)
# Pages about an account or the server, with secrets and sizes of the moment.
NOBODYS = ("accounts/", "healthz", "readyz")
READERS = ("nobody", "technician", "doctor", "administrator", "other doctor", "token", "other token")
SAID: tuple[dict[str, Any], ...] = (
    {"p_abnormal": 0.012345, "triage": "normal", "finding": "normal"},
    {"p_abnormal": 0.987654, "triage": "pathological", "finding": "covid19"},
)
TRIES = 3  # a clock's next minute between two answers is no leak; what the candidate says differs each time


def answer(world: World, path: str, actor: str, said: dict[str, Any]) -> str:
    """What a reader gets while this is what the candidate has said of the film; nothing is kept."""
    client = Client()
    client.cookies = world.clients[actor].cookies.copy()
    cache.clear()
    with transaction.atomic():
        ShadowPrediction._base_manager.all()._raw_delete("default")
        shadowed(Scan.objects.get(), ModelVersion.objects.get(candidate=True), **said)
        response = client.get(path, headers=world.headers[actor])
        parts = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    return CHANGES.sub("", parts.decode("utf-8", "replace"))


def leaks(world: World, path: str, actor: str) -> bool:
    """Whether the answer is another one each time that the candidate says the opposite."""
    return all(
        answer(world, path, actor, SAID[0]) != answer(world, path, actor, SAID[1]) for _ in range(TRIES)
    )


@pytest.mark.slow
def test_no_answer_depends_on_what_a_candidate_says(world: World) -> None:
    """Everybody is asked but the operator, whose comparison it is."""
    asked = [
        ("/" + row.path.format(**world.values), actor)
        for row in TABLE.values()
        for actor in READERS
        if not row.path.startswith(NOBODYS) and row.get[ACTORS.index(actor)] in "IR"
    ]
    assert len(asked) > 100
    wrong = [f"{path} for the {actor}" for path, actor in asked if leaks(world, path, actor)]
    assert not wrong, "\n".join(wrong)


def test_no_other_table_leads_to_what_a_candidate_says() -> None:
    tables = (ShadowPrediction, ShadowErrand, BlindRead)
    for table in tables:
        for field in table._meta.get_fields():
            assert not field.is_relation or field.remote_field.hidden, f"{table.__name__}.{field.name}"
    assert not {table.__name__ for table in tables} & set(models.__all__)
    assert not set(tables) & set(site._registry), "nor does Django admin"


def test_the_api_and_the_worklist_read_the_same_with_and_without_one(world: World) -> None:
    scan = analysed_scan(world.cast.clinic_a, world.cast.doctor, seed=7)
    before = Study.objects.values("rank", "state", "network_finding", "network_triage").get(pk=scan.study_id)
    shadowed(scan, ModelVersion.objects.get(candidate=True), p_abnormal=0.99, triage="pathological")
    worklist.refresh(scan.study)
    after = Study.objects.values("rank", "state", "network_finding", "network_triage").get(pk=scan.study_id)
    assert after == before
