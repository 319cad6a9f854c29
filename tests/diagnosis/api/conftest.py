"""A clinic's computer with its token, as the API sees it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from accounts import tokens
from accounts.models import ApiToken
from tests.conftest import Cast
from tests.films import phantom_png

STUDIES = "/api/v1/studies/"


@dataclass
class Computer:
    """Sends requests over the real client with its token."""

    token: ApiToken
    plain: str
    client: Client = field(default_factory=Client)

    def submit(self, *films: Any, key: str = "", number: str = "P-1", **fields: str) -> Any:
        headers = {"Authorization": f"Token {self.plain}"} | ({"Idempotency-Key": key} if key else {})
        data: dict[str, Any] = {"patient_number": number, **fields}
        if films:
            data["film"] = list(films)
        return self.client.post(STUDIES, data, headers=headers)

    def read(self, url: str) -> Any:
        return self.client.get(url, headers={"Authorization": f"Token {self.plain}"})


@pytest.fixture
def computer(cast: Cast) -> Computer:
    return Computer(*tokens.create(clinic=cast.clinic_a, name="Ward", by=cast.administrator))


@pytest.fixture
def their_computer(cast: Cast) -> Computer:
    return Computer(*tokens.create(clinic=cast.clinic_b, name="Theirs", by=cast.other_administrator))


@pytest.fixture
def film() -> Callable[..., Any]:
    """A file to send: a phantom unless other bytes are given."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    def _film(seed: int = 1, *, name: str = "film.png", content: bytes | None = None) -> SimpleUploadedFile:
        return SimpleUploadedFile(name, phantom_png(seed) if content is None else content)

    return _film
