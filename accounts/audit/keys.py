"""The audit key, outside the database: it signs what the database alone must not be able to forge."""

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path

from django.conf import settings

SHORTEST = 32


class KeyUnusable(Exception):
    """There is no audit key that can be used; the message says what to do."""


def audit_folder() -> Path:
    """The folder below DATA_DIR with the key, the waiting looks and the anchors; only the portal reads it."""
    folder = Path(settings.DATA_DIR, "audit")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def sign(purpose: str, text: str, size: int = 32) -> str:
    """The signature of a text as hexadecimal digits, of `size` bytes, made with the newest key."""
    return _signature(_keys()[0], purpose, text, size)


def fits(purpose: str, text: str, signature: str) -> bool:
    """Whether one of the keys made this signature of the text."""
    size = len(signature) // 2
    if not 8 <= size <= 64:
        return False
    given = signature.encode("ascii", "replace")
    return any(hmac.compare_digest(_signature(key, purpose, text, size).encode(), given) for key in _keys())


def key_names() -> list[str]:
    """What tells the keys apart without giving them away, newest first."""
    return [hashlib.sha256(b"carina audit key " + key).hexdigest()[:8] for key in _keys()]


def _signature(key: bytes, purpose: str, text: str, size: int) -> str:
    message = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(message, key=key, digest_size=size, person=purpose.encode()[:16]).hexdigest()


def _keys() -> list[bytes]:
    """Every key, newest first: of AUDIT_KEY, else of the file below DATA_DIR, which is made when missing."""
    # no Path: this runs for every field of every row that is compared
    return _derived(settings.AUDIT_KEY or _from_file(f"{settings.DATA_DIR}/audit/key"))


@lru_cache(maxsize=8)
def _derived(text: str) -> list[bytes]:
    words = text.split()
    if not words or any(len(word) < SHORTEST for word in words):
        raise KeyUnusable(
            f"Each audit key needs at least {SHORTEST} characters, with spaces between keys: "
            "set AUDIT_KEY right, or restore the file audit/key below DATA_DIR."
        )
    return [hashlib.sha256(word.encode()).digest() for word in words]


@lru_cache(maxsize=8)
def _from_file(path: str) -> str:
    try:
        return Path(path).read_text()
    except FileNotFoundError:
        return _made(Path(path))


def _made(path: Path) -> str:
    """Make the key file, whole or not at all; if another process was faster, its key counts."""
    handle, part = tempfile.mkstemp(prefix=".key-", dir=audit_folder())
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        Path(part).unlink()
    return path.read_text()
