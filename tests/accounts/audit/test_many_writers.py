"""Writers at the same time keep one chain."""

import threading

import pytest
from django.db import connections, transaction

from accounts import audit
from accounts.models import AuditEvent, Clinic
from tests.accounts.audit.chain import faults


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_keep_one_chain() -> None:
    writers, each = 8, 12
    start, broken = threading.Barrier(writers), []

    def write(name: str) -> None:
        try:
            start.wait()
            for number in range(each):
                with transaction.atomic():
                    Clinic.objects.create(name=f"{name} {number}")
                    audit.record(actor=name, action="test.done", subject=f"thing:{number}")
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(f"writer{number}",)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert faults() == []
    assert AuditEvent.objects.filter(action="test.done").count() == writers * each
    for number in range(writers):
        subjects = AuditEvent.objects.filter(actor=f"writer{number}").values_list("subject", flat=True)
        assert list(subjects) == [f"thing:{place}" for place in range(each)]
