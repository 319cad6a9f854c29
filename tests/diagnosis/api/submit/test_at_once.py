"""The same request many times at once makes one study."""

import threading

import pytest
from django.db import connection

from accounts import audit
from diagnosis.models import Patient, Scan, Study
from tests.conftest import Cast
from tests.diagnosis.api.conftest import Computer


@pytest.mark.django_db(transaction=True)
def test_the_same_request_many_times_at_once_makes_one_study(
    cast: Cast, computer: Computer, film, announced
) -> None:
    answers = []
    start = threading.Barrier(4)

    def run() -> None:
        try:
            sender = Computer(computer.token, computer.plain)
            start.wait()
            answers.append(sender.submit(film(9), key="same", patient_last_name="Phantom"))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (Study.objects.count(), Patient.objects.count(), Scan.objects.count()) == (1, 1, 1)
    assert announced() == Scan.objects.count() == 1
    assert not list(audit.verify())
