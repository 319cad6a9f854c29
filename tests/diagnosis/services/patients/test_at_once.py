"""Two who enter one number at the same time make one patient."""

import threading

import pytest
from django.db import connection

from tests.conftest import Cast
from tests.diagnosis.services.patients.numbers import patient
from tests.diagnosis.services.record import actions


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_patient(cast: Cast) -> None:
    found: list[int] = []
    start = threading.Barrier(4)

    def run() -> None:
        try:
            start.wait()
            found.append(patient(cast, "P-7", last_name="Phantom").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert actions().count("patient.created") == 1
