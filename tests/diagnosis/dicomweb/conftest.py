"""A clinic's system with its token, as DICOMweb sees it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from accounts import tokens
from accounts.models import ApiToken
from tests.conftest import Cast

BASE = "/dicom-web"
BOUNDARY = "a-line-between"


def message(films: Sequence[bytes], *, part: str = "application/dicom", end: bool = True) -> bytes:
    """A multipart/related body of these films."""
    parts = [f"--{BOUNDARY}\r\nContent-Type: {part}\r\n\r\n".encode() + film + b"\r\n" for film in films]
    return b"".join(parts) + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


@dataclass
class Archive:
    """Sends and asks over the real client with its token."""

    token: ApiToken
    plain: str
    client: Client = field(default_factory=Client)

    def store(
        self,
        *films: bytes,
        study: str = "",
        body: bytes | None = None,
        content_type: str = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}',
        accept: str = "application/dicom+json",
    ) -> Any:
        return self.client.post(
            f"{BASE}/studies{'/' + study if study else ''}",
            message(films) if body is None else body,
            content_type=content_type,
            headers={"Authorization": f"Token {self.plain}", "Accept": accept},
        )

    def ask(self, path: str, accept: str = "*/*", **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.plain}", "Accept": accept}
        return self.client.get(f"{BASE}/{path}", query, headers=headers)

    def found(self, path: str, **query: Any) -> list[dict[str, Any]]:
        response = self.ask(path, **query)
        assert response.status_code == 200, response.content
        found: list[dict[str, Any]] = json.loads(response.content)
        return found


@pytest.fixture
def archive(cast: Cast) -> Archive:
    return Archive(*tokens.create(clinic=cast.clinic_a, name="PACS", by=cast.administrator))


@pytest.fixture
def their_archive(cast: Cast) -> Archive:
    return Archive(*tokens.create(clinic=cast.clinic_b, name="Theirs", by=cast.other_administrator))


def value(element: dict[str, Any], tag: str) -> Any:
    """The first value of an element."""
    return element[tag]["Value"][0]
