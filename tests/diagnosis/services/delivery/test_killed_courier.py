"""A courier that is killed while an archive takes a film: the film is put back, and arrives once."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from diagnosis.models import Delivery, DeliveryState
from diagnosis.services import delivery
from tests.conftest import Cast
from tests.diagnosis.services.delivery.conftest import Pacs, dicom_archive
from tests.films import queued_scan
from tests.flows.portal import database_url

COURIER = (
    "import django; django.setup(); from diagnosis.services import delivery; delivery.deliver_due(seconds=60)"
)


def couriers(count: int) -> list[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.DATA_DIR),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    command = [sys.executable, "-c", COURIER]
    return [
        subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)
        for _ in range(count)
    ]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_film_of_a_killed_courier_arrives_later(cast: Cast, start_pacs: Callable[..., Pacs]) -> None:
    scan = queued_scan(cast.clinic_a, cast.doctor)
    with socket.create_server(("127.0.0.1", 0)) as hung:  # an archive that answers nothing
        hung.settimeout(60)
        port = int(hung.getsockname()[1])
        delivery.ask(study=scan.study, archive=dicom_archive(cast.clinic_a, port), actor=cast.doctor)
        (courier,) = couriers(1)
        link, _ = hung.accept()
        os.killpg(courier.pid, signal.SIGKILL)
        courier.wait()
        link.close()
    row = Delivery.objects.get()
    assert (row.state, row.attempts) == (DeliveryState.SENDING, 1)
    assert delivery.deliver_due(seconds=1) == 0, "nobody else takes it meanwhile"
    Delivery.objects.update(
        claimed_at=timezone.now() - timedelta(seconds=settings.DELIVERY_HARD_SECONDS + 60)
    )
    assert delivery.put_back_stopped() == 1
    pacs = start_pacs(port=port)
    delivery.deliver_due(seconds=60)
    assert (Delivery.objects.get().state, len(pacs.films)) == (DeliveryState.DELIVERED, 1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_couriers_at_once_send_each_film_once(cast: Cast, start_pacs: Callable[..., Pacs]) -> None:
    pacs = start_pacs("--fork", "--unique-filenames")
    archive = dicom_archive(cast.clinic_a, pacs.port)
    for seed in range(6):
        scan = queued_scan(cast.clinic_a, cast.doctor, number=f"P-{seed}", seed=seed)
        delivery.ask(study=scan.study, archive=archive, actor=cast.doctor)
    began = time.monotonic()
    for courier in couriers(2):
        assert courier.wait(timeout=300) == 0
    rows = list(Delivery.objects.values_list("state", "attempts"))
    assert rows == [(DeliveryState.DELIVERED, 1)] * 6, f"after {time.monotonic() - began:.0f} s"
    assert len(pacs.films) == 6, "each film reached the archive once"
