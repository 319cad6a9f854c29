"""Whatever a candidate says, no page, API answer, export or report is another one for it."""

import re
from collections.abc import Iterator

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
    r'csrfmiddlewaretoken" value="[^"]+"|"csrf[^"]*": ?"[^"]+"|[0-9a-f]{64}|--[0-9a-f]{32}|\d+ (min|s)\b'
)
# Pages about an account or the server, with secrets and sizes of the moment.
NOBODYS = ("accounts/", "healthz", "readyz")
READERS = ("nobody", "technician", "doctor", "administrator", "other doctor", "token", "other token")


def told(world: World) -> Iterator[tuple[str, str]]:
    """Every answer to a GET of everybody but the operator, whose comparison it is; nothing is kept."""
    for row in TABLE.values():
        if row.path.startswith(NOBODYS):
            continue
        path = "/" + row.path.format(**world.values)
        for actor in READERS:
            if row.get[ACTORS.index(actor)] not in "IR":
                continue
            client = Client()
            client.cookies = world.clients[actor].cookies.copy()
            cache.clear()
            with transaction.atomic():
                answer = client.get(path, headers=world.headers[actor])
                parts = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
                transaction.set_rollback(True)
            yield f"{path} for {actor}", CHANGES.sub("", parts.decode("utf-8", "replace"))


@pytest.mark.slow
def test_no_answer_depends_on_what_a_candidate_says(world: World) -> None:
    scan, candidate = Scan.objects.get(), ModelVersion.objects.get(candidate=True)
    answers = []
    for said in (
        {"p_abnormal": 0.012345, "triage": "normal", "finding": "normal"},
        {"p_abnormal": 0.987654, "triage": "pathological", "finding": "covid19"},
    ):
        ShadowPrediction._base_manager.all()._raw_delete("default")
        shadowed(scan, candidate, **said)
        answers.append(dict(told(world)))
    assert len(answers[0]) > 100
    different = [path for path, text in answers[0].items() if text != answers[1][path]]
    assert not different, "\n".join(different)


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
