"""A film that waits, and a real broker for those that ask one."""

from collections.abc import Callable, Iterator

import pytest
import redis

from diagnosis.models import Scan
from tests.conftest import Cast
from tests.films import queued_scan


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return queued_scan(cast.clinic_a, cast.doctor)


@pytest.fixture
def queue(broker_url: str, connect: Callable[[str], None]) -> Iterator[redis.Redis]:
    connect(broker_url)
    link = redis.Redis.from_url(broker_url)
    link.flushall()
    yield link
    link.close()
