"""Messages that films come in, whole or broken: multipart bodies and ZIPs."""

import io
import random
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diagnosis.management.fuzzing.spoiling import BYTES

_BOUNDARY: Final = "fuzz-7d1"
_BOUNDARIES: Final = ("", "x" * 71, "a b", "--", "fuzz-7d1 ", "füzz", '"', "fuzz-7d", "\\x00")
_TYPES: Final = (
    "", "text/plain", "multipart/related", "multipart/mixed; boundary=fuzz-7d1", "application/dicom",
    "multipart/form-data",
    'multipart/related; type="application/dicom+json"; boundary=fuzz-7d1',
    "multipart/related; boundary*=utf-9''%ff",
    'multipart/form-data; boundary=fuzz-7d1; charset=utf-7', "application/octet-stream",
    'multipart/related; type="application/dicom"; boundary*0=fuzz; boundary*1=-7d1',
    "application/x-www-form-urlencoded",
)  # fmt: skip
_PART_TYPES: Final = (
    "image/png", "application/dicom; transfer-syntax=*", "", "multipart/related; boundary=inner", "a" * 9000,
    "application/dicom\r\nContent-Length: 999999999", "application/DICOM ; x=\"", "text/plain; charset=rot13",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One part of a form. file: its file name, None for a text."""

    name: str
    content: bytes
    file: str | None = None
    media_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Message:
    """A body, its media type, and what is wrong with it."""

    body: bytes
    content_type: str
    how: tuple[str, ...]


def form(chance: random.Random, parts: Sequence[Part]) -> Message:
    """A multipart/form-data message, mostly whole."""
    pieces = []
    for part in parts:
        head = f'Content-Disposition: form-data; name="{part.name}"'
        if part.file is not None:
            head += f'; filename="{part.file}"\r\nContent-Type: {part.media_type}'
        pieces.append((head.encode("utf-8", "surrogatepass"), part.content))
    return _spoilt(chance, pieces, f"multipart/form-data; boundary={_BOUNDARY}")


def related(chance: random.Random, films: Sequence[bytes]) -> Message:
    """A multipart/related message of DICOM files, mostly whole."""
    pieces = []
    for film in films:
        kind = "application/dicom" if chance.random() < 0.93 else chance.choice(_PART_TYPES)
        pieces.append((f"Content-Type: {kind}".encode(), film))
    return _spoilt(chance, pieces, f'multipart/related; type="application/dicom"; boundary={_BOUNDARY}')


def _spoilt(chance: random.Random, pieces: list[tuple[bytes, bytes]], content_type: str) -> Message:
    how: list[str] = []
    line, end = _BOUNDARY, f"--{_BOUNDARY}--\r\n"
    if chance.random() < 0.3:
        what = chance.choice(
            ("headers", "boundary", "no end", "type", "inner", "bytes", "line ends", "before")
        )
        how.append(what)
        if what == "headers":
            pieces = [(_header(chance, head), content) for head, content in pieces]
        elif what == "boundary":
            line = chance.choice(_BOUNDARIES)
            content_type = chance.choice((content_type, content_type.replace(_BOUNDARY, line)))
        elif what == "no end":
            end = chance.choice(("", "--", f"--{_BOUNDARY}", f"--{_BOUNDARY}\r\n", f"--{_BOUNDARY}\r\n\r\n"))
        elif what == "type":
            content_type = chance.choice(_TYPES)
        elif what == "inner":
            inside = _joined(pieces, "inner") + b"--inner--\r\n"
            pieces = [(b"Content-Type: multipart/related; boundary=inner", inside)]
    body = _joined(pieces, line) + end.encode()
    if "bytes" in how:
        body = BYTES[chance.choice(list(BYTES))](chance, body)
    elif "line ends" in how:
        body = body.replace(b"\r\n", b"\n", chance.choice((1, 3, -1)))
    elif "before" in how:
        body = chance.choice((b"a preamble\r\n", b"\r\n" * 9000, b"\0")) + body
    return Message(body, content_type, tuple(how))


def _joined(pieces: Sequence[tuple[bytes, bytes]], line: str) -> bytes:
    return b"".join(
        b"--" + line.encode() + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in pieces
    )


def _header(chance: random.Random, head: bytes) -> bytes:
    return chance.choice(
        (
            b"", head.replace(b":", b"", 1), head + b"\r\nX: " + b"y" * 9000, head + b"\r\n folded",
            head.replace(b'"', b""),
            head + b"\r\nContent-Transfer-Encoding: base64", head + b"; filename*=utf-9''%ff%00",
            head + b"\r\n" * 2,
            head.replace(b'filename="', b'filename="\xff\xfe'),
            head + b"\r\nContent-Type: text/plain; charset=hex", b"\0" * 40,
            head.replace(b'name="', b'name="\xe2\x80\xae'), head + b"\r\nContent-Length: -1", head * 3,
        )
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- ZIPs


def packed(chance: random.Random, films: Sequence[bytes]) -> tuple[bytes, tuple[str, ...]]:
    """A ZIP with these files, and what is wrong with it."""
    what = chance.choice(
        ("whole", "whole", "names", "bytes", "tail", "flags", "inside", "bomb", "sum", "size")
    )
    stream = io.BytesIO()
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    with zipfile.ZipFile(stream, "w", method if what != "whole" else zipfile.ZIP_DEFLATED) as archive:
        for number, film in enumerate(films):
            archive.writestr(_name(chance, number) if what == "names" else f"study/film{number}.dcm", film)
        if what == "bomb":
            archive.writestr("bomb.dcm", bytes(8_000_000), zipfile.ZIP_DEFLATED)
        if what == "inside":
            inner = films[0] if films else b""
            for _ in range(chance.choice((1, 2, 3))):
                inner = _zip_of(inner)
            archive.writestr("inner.zip", inner)
    content = bytearray(stream.getvalue())
    if what == "bytes":
        content = bytearray(BYTES[chance.choice(list(BYTES))](chance, bytes(content)))
    elif what in _FIELDS:
        _overwrite(chance, content, what)
    return bytes(content), (f"zip: {what}",)


_FIELDS: Final = {"flags": (6, 8), "sum": (14, 16), "size": (22, 24), "tail": (12, 12)}


def _overwrite(chance: random.Random, content: bytearray, what: str) -> None:
    """Let the list of files, or its end, say something else."""
    inside, listed = _FIELDS[what]
    mark = b"PK\x05\x06" if what == "tail" else chance.choice((b"PK\x01\x02", b"PK\x03\x04"))
    place = content.rfind(mark)
    offset = inside if mark == b"PK\x03\x04" else listed
    if place >= 0:
        said = chance.choice((0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 9))
        content[place + offset : place + offset + 4] = struct.pack("<I", said)


def _zip_of(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("film.dcm", content)
    return stream.getvalue()


def _name(chance: random.Random, number: int) -> str:
    return chance.choice(
        (
            "../../out.dcm", "/etc/out.dcm", "C:\\out.dcm", "a\\..\\..\\b.dcm", "DICOMDIR",
            "__MACOSX/._f.dcm", "x" * 5000,
            "f\u202emcd.exe", " ", f"same{number // 2}.dcm", "con.dcm", "[Content_Types].xml",
            "a/" * 500 + "f.dcm",
        )
    )  # fmt: skip
