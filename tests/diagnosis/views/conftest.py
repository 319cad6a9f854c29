"""Signed-in clients for the pages."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import Cast

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def as_user(user: User) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return as_user


@pytest.fixture
def doctor(cast: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(cast.doctor)


@pytest.fixture
def technician(cast: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(cast.technician)


@pytest.fixture
def stranger(cast: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(cast.stranger)


@pytest.fixture
def administrator(cast: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(cast.administrator)


@pytest.fixture(autouse=True)
def quiet(connect: Callable[[str], None]) -> None:
    """Pages store and queue; the messages go nowhere, so that no worker of this machine hears of them."""
    connect("memory://")
