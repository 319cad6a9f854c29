"""A clinic whose films come in a seeded stream."""

import pytest

from tests.conftest import Cast
from tests.diagnosis.services.drift.passing import Stream


@pytest.fixture
def stream(cast: Cast) -> Stream:
    return Stream(cast.clinic_a, cast.doctor)
