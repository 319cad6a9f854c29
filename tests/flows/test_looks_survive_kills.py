"""The proof that no look is lost: readers and those who chain their looks, killed at random moments."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import LazySettings, settings

from accounts import audit
from accounts.models import AuditEvent
from tests.conftest import Cast
from tests.films import queued_scan
from tests.flows.portal import database_url

READ = """
import sys, django
django.setup()
from django.test import Client
from accounts.models import User
client = Client()
client.force_login(User.objects.get(email=sys.argv[1]))
while True:
    assert client.get(sys.argv[2]).status_code == 200
    print("shown", flush=True)  # the reader has the page
"""
CHAIN = """
import django
django.setup()
from accounts import audit
while True:
    audit.chain_looks()
    print("chained", flush=True)
"""


def start(code: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.DATA_DIR),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def kill_after(process: "subprocess.Popen[str]", lines: int) -> int:
    """Kill the process when it has said so many lines; the number of lines that it said in the end."""
    assert process.stdout is not None
    said = sum(1 for _ in zip(range(lines), process.stdout, strict=False))
    process.send_signal(signal.SIGKILL)
    said += len(process.stdout.readlines())
    process.wait(timeout=30)
    return said


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_page_that_was_shown_is_on_record_once(cast: Cast, settings: LazySettings) -> None:
    settings.AUDIT_DEFER_LOOKS = True
    chance = random.Random()
    study = queued_scan(cast.clinic_a, cast.technician).study
    shown: Counter[str] = Counter()
    people = [cast.doctor.email, cast.colleague.email]
    for _ in range(3):
        readers = {person: start(READ, person, f"/studies/{study.public_id}/") for person in people}
        chainer = start(CHAIN)
        assert kill_after(chainer, chance.randint(20, 60)) >= 20
        for person, process in readers.items():
            shown[person] += kill_after(process, chance.randint(5, 25))
    audit.chain_looks()
    recorded = Counter(AuditEvent.objects.filter(action="study.viewed").values_list("actor", flat=True))
    for person in people:
        # a page may be on record that was not shown any more, one a kill: never the other way round
        assert shown[person] <= recorded[person] <= shown[person] + 3
    assert not AuditEvent.objects.filter(action="look.unproven").exists()
    assert list(audit.verify()) == []
