"""The same bytes sent at the same time make one scan."""

import threading

import pytest
from django.db import connection

from accounts import audit
from diagnosis.models import Scan, Study
from diagnosis.services.intake import films
from tests.conftest import Cast
from tests.diagnosis.services.intake.receiving import receive, study_of
from tests.films import phantom_png


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_at_the_same_time_make_one_scan(cast: Cast, announced) -> None:
    studies = [study_of(cast, f"P-{number}") for number in range(4)]
    results: list[films.IntakeResult] = []
    start = threading.Barrier(len(studies))

    def run(study: Study) -> None:
        try:
            start.wait()
            results.append(receive(study, cast, phantom_png(5)))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[study]) for study in studies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert sum(not result.duplicate for result in results) == 1
    assert Scan.objects.count() == 1
    assert announced() == Scan.objects.count() == 1
    assert not list(audit.verify())
