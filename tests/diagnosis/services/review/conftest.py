"""A film that waits for its review."""

import pytest

from diagnosis.models import Scan
from tests.conftest import Cast
from tests.films import analysed_scan


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.technician)
