"""A browser that sends a file by pieces."""

from base64 import b64encode
from typing import Any

from django.test import Client

PIECE = "application/offset+octet-stream"
VERSION = {"Tus-Resumable": "1.0.0"}


def begin(client: Client, length: int, **headers: str) -> Any:
    return client.generic("POST", "/uploads/", headers=VERSION | {"Upload-Length": str(length)} | headers)


def address(client: Client, length: int, name: str = "film.png") -> str:
    """Where the pieces of a new file go."""
    answer = begin(client, length, **{"Upload-Metadata": f"filename {b64encode(name.encode()).decode()}"})
    assert answer.status_code == 201, answer.content
    return str(answer.headers["Location"])


def send(client: Client, where: str, offset: int, piece: bytes, **headers: str) -> Any:
    told = VERSION | {"Upload-Offset": str(offset)} | headers
    return client.patch(where, piece, content_type=PIECE, headers=told)


def came(client: Client, where: str) -> int:
    return int(client.head(where, headers=VERSION).headers["Upload-Offset"])


def sent_whole(client: Client, content: bytes, name: str = "film.png") -> str:
    """The identifier of a file that came in two pieces."""
    where, middle = address(client, len(content), name), len(content) // 2
    assert send(client, where, 0, content[:middle]).status_code == 204
    assert send(client, where, middle, content[middle:]).status_code == 204
    return where.split("/")[2]
