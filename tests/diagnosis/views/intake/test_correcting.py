"""Corrections to a study change what was touched and nothing else."""

import re

from django.test import Client

from accounts.models import AuditEvent
from diagnosis.models import Study
from tests.conftest import Cast
from tests.films import predict, queued_scan


def as_shown(client: Client, address: str) -> dict[str, str]:
    """What a browser would send back of a form that nobody touched."""
    page = client.get(address).content.decode()
    inputs = re.findall(r"<input[^>]*>", page)
    given = {}
    for tag in inputs:
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrfmiddlewaretoken" and 'type="checkbox"' not in tag:
            given[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.S):
        given[name] = re.search(r'value="([^"]*)" selected', options)[1]
    return given


def test_a_study_that_became_urgent_moves_up_the_worklist(technician: Client, cast: Cast) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    predict(scan, p_covid19=0.02, p_pneumonia=0.02)
    address = f"/studies/{scan.study.public_id}/edit/"
    technician.post(address, as_shown(technician, address) | {"urgent": "on"})
    assert Study.objects.get(pk=scan.study_id).rank == 0


def test_corrections_are_on_record_by_field_and_change_nothing_else(technician: Client, cast: Cast) -> None:
    study = queued_scan(cast.clinic_a, cast.doctor).study
    address = f"/studies/{study.public_id}/edit/"
    given = as_shown(technician, address)
    technician.post(address, {**given, "symptoms": "cough since Monday", "urgent": "on"})
    fresh = Study.objects.get(pk=study.pk)
    assert (fresh.symptoms, fresh.urgent) == ("cough since Monday", True)
    assert fresh.taken_at == study.taken_at, "a time that nobody touched keeps its seconds"
    assert AuditEvent.objects.get(action="study.updated").facts == {"fields": ["symptoms", "urgent"]}
