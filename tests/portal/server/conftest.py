"""One web server for the tests of a file, on the database of the tests."""

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts import tokens
from accounts.models import User
from tests.conftest import Cast
from tests.portal.server import serving
from tests.portal.server.serving import Server


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, broker_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    running = serving.start(tmp_path_factory.mktemp("server"), REDIS_URL=broker_url)
    yield running
    running.end()


@pytest.fixture
def token(transactional_db: None, cast: Cast) -> str:
    """The header of a clinic's computer."""
    return (
        "Authorization: Token " + tokens.create(clinic=cast.clinic_a, name="Ward", by=cast.administrator)[1]
    )


def cookie(person: User) -> str:
    """The header of somebody who is signed in."""
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    name = django_settings.SESSION_COOKIE_NAME
    return f"Cookie: {name}={client.cookies[name].value}"
