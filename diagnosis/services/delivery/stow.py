"""Speaks DICOMweb with an archive: STOW-RS to send a film, an empty search to see whether it answers.

Certificates are checked, redirects are not followed, no proxy of the environment is used, and no more than a
little of an answer is read.
"""

import json
import secrets
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from diagnosis.models import Archive, new_uid
from diagnosis.services.delivery.answers import NotDelivered

SECONDS: Final = 60
CHUNK: Final = 64 * 1024
MOST_ANSWER: Final = 1024 * 1024
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
HAS_IT: Final = 0x0111
SOON: Final = frozenset({401, 403, 404, 408, 425, 429})  # whoever runs the archive can mend these


def is_safe(url: str) -> bool:
    """Whether films may be sent to this address: HTTPS, or this machine itself; no name or password in it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username or parts.password or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def store(archive: Archive, path: Path, sop_instance_uid: str) -> str:
    """Send one DICOM file; what the archive answered. Raises NotDelivered."""
    mark = f"carina-{secrets.token_hex(16)}"
    head = f"--{mark}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    tail = f"\r\n--{mark}--\r\n".encode()
    headers = {
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={mark}',
        "Content-Length": str(len(head) + path.stat().st_size + len(tail)),
        "Accept": "application/dicom+json",
    }
    status, content = _asked(archive, "POST", "/studies", headers, _parts(head, path, tail))
    return _judged(archive, status, content, sop_instance_uid)


def search(archive: Archive) -> str:
    """What the archive answers to a search that finds nothing. Raises NotDelivered."""
    headers = {"Accept": "application/dicom+json"}
    status, _ = _asked(archive, "GET", f"/studies?StudyInstanceUID={new_uid()}&limit=1", headers)
    if status not in (200, 204):
        raise NotDelivered(f"{archive.name} answered {status}: {_words(status)}.")
    return f"{archive.name} answered the search (status {status})."


def _parts(head: bytes, path: Path, tail: bytes) -> Iterator[bytes]:
    yield head
    with path.open("rb") as film:
        while block := film.read(CHUNK):
            yield block
    yield tail


def _asked(
    archive: Archive, method: str, place: str, headers: dict[str, str], body: Iterator[bytes] | None = None
) -> tuple[int, bytes]:
    if not is_safe(archive.url):
        raise NotDelivered(f"The address of {archive.name} must begin with https://.", final=True)
    parts = urlsplit(archive.url)
    if archive.credentials:
        headers = headers | {"Authorization": archive.credentials}
    try:
        with closing(_connection(parts)) as link:
            link.request(method, parts.path.rstrip("/") + place, body=body, headers=headers)
            answer = link.getresponse()
            return answer.status, answer.read(MOST_ANSWER)
    except ssl.SSLCertVerificationError as error:
        raise NotDelivered(f"The certificate of {archive.name} is not valid here.") from error
    except (OSError, HTTPException, ValueError) as error:  # its text may hold the address or the credentials
        raise NotDelivered(f"{archive.name} could not be reached ({type(error).__name__}).") from None


def _connection(parts: SplitResult) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=SECONDS, context=ssl.create_default_context())
    return HTTPConnection(host, parts.port, timeout=SECONDS)


def _judged(archive: Archive, status: int, content: bytes, sop_instance_uid: str) -> str:
    """What the answer means for this film. Raises NotDelivered."""
    why = _failure(content, sop_instance_uid)
    if why == HAS_IT:
        return f"{archive.name} had the film already (status {status})."
    if status in (200, 202) and why is None:
        return f"{archive.name} has the film (status {status})."
    told = f"status {status}" + (f", reason 0x{why:04X}" if why is not None else "")
    if why is not None and why >> 8 == 0xA7:
        raise NotDelivered(f"{archive.name} has no room just now ({told}).")
    if why is None and (status in SOON or status >= 500 or status < 400):
        raise NotDelivered(f"{archive.name} did not take the film: {_words(status)} ({told}).")
    raise NotDelivered(f"{archive.name} refused the film: {_words(status)} ({told}).", final=True)


def _failure(content: bytes, sop_instance_uid: str) -> int | None:
    """The FailureReason of this film in a Store Instances Response; None if it names none."""
    try:
        told = json.loads(content)
        for failed in told["00081198"].get("Value", []):
            if _first(failed, "00081155") in (sop_instance_uid, None):
                return int(_first(failed, "00081197") or 0x0110) & 0xFFFF
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return None


def _first(item: Mapping[str, Any], tag: str) -> Any:
    return next(iter(item.get(tag, {}).get("Value", [])), None)


def _words(status: int) -> str:
    return {
        400: "it could not read the request",
        401: "it does not know the credentials",
        403: "the credentials may not store films there",
        404: "there is no DICOMweb service at this address",
        409: "it does not take this film",
        413: "the film is too large for it",
        415: "it does not take DICOM files",
        429: "it is asked too often",
        503: "it is busy",
    }.get(status, "it answered as no archive does")
