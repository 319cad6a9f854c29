"""A queue in memory, for tests that ask whether a film was announced, or what happens without a broker; a
network of two classes, made once; a clinic that reads for another."""

from collections.abc import Callable

import pytest

from diagnosis.cnn.bundle import Bundle
from portal.celery import app
from tests.conftest import Cast
from tests.diagnosis.bundles import two_classes
from tests.diagnosis.reading_clinics import Hub, reading_clinic


@pytest.fixture(scope="session")
def pneumonia_or_normal(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A network that tells pneumonia from normal and knows nothing else."""
    return two_classes(tmp_path_factory.mktemp("networks") / "two-classes")


@pytest.fixture
def hub(cast: Cast) -> Hub:
    """A clinic that reads for clinic A what it is asked to read."""
    return reading_clinic(cast)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the portal talk to the broker at an address, for one test."""

    def _connect(url: str) -> None:
        monkeypatch.setattr(app.conf, "broker_url", url)
        monkeypatch.setattr(app, "_pool", None)
        monkeypatch.setattr(app.amqp, "_producer_pool", None)

    return _connect


@pytest.fixture
def announced(connect: Callable[[str], None]) -> Callable[[], int]:
    """Asks how many times workers were told that a scan waits, since it was asked last."""
    connect("memory://")

    def _announced() -> int:
        found = 0
        with app.connection_for_read() as link, link.SimpleQueue("analysis") as queue:
            while queue.qsize():
                message = queue.get_nowait()
                found += 1
                message.ack()
        return found

    _announced()
    return _announced


@pytest.fixture
def no_broker(connect: Callable[[str], None]) -> None:
    """Nobody listens at the broker's address."""
    connect("redis://127.0.0.1:1/0")
