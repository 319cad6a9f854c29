"""Two clinics' records, and who looks at them."""

import pytest
from django.test import Client

from tests.conftest import Cast
from tests.diagnosis.admin.record import World, rows_of
from tests.films import analysed_scan


@pytest.fixture
def world(cast: Cast) -> World:
    ours = analysed_scan(cast.clinic_a, cast.doctor, number="OURS-1", seed=1)
    theirs = analysed_scan(cast.clinic_b, cast.stranger, number="THEIRS-1", seed=2)
    return World(cast, rows_of(ours, cast.doctor), rows_of(theirs, cast.stranger))


@pytest.fixture
def administrator(client: Client, world: World) -> Client:
    client.force_login(world.cast.administrator)
    return client


@pytest.fixture
def operator(world: World) -> Client:
    client = Client()
    client.force_login(world.cast.operator)
    return client
