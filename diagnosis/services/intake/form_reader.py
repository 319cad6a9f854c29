"""Reads the parts of a multipart form: text in the charset that it declares, or not at all.

Django decodes every text as UTF-8 and puts U+FFFD where that fails, so that a name is broken for ever. Here a
text is decoded strictly, by the charset of its part, of the field `_charset_`, or of the whole form; files go
on to Django's own parser as they came.
"""

import binascii
import codecs
import quopri
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, Final, cast
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.core.files.uploadhandler import FileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import (
    ChunkIter,
    InterBoundaryIter,
    LazyStream,
    MultiPartParser,
    MultiPartParserError,
)
from django.utils.http import parse_header_parameters

Headers = dict[str, tuple[str, dict[str, str]]]

_LONGEST_HEADER: Final = 1024  # as Django has it
_CHARSET_FIELD: Final = "_charset_"
# Python's own notations, and those that the web gave up because one text has many spellings in them
_NO_CHARSETS: Final = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7")
_FILM_BEGINS: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"II*\x00", b"MM\x00*", b"PK\x03\x04")
_LONGEST_END: Final = 1024  # of a form: its last boundary, and what a program may write after it
_CUT_OFF: Final = "The form ends before its last boundary, so something is missing. Send it again, whole."
_AS_A_FILE: Final = (
    "This looks like a file but came without a file name. "
    "Send it as a file: Content-Disposition: form-data; name=“film”; filename=“film.png”."
)


class UnreadableField(BadRequest):
    """A part of a form cannot be read; `field` is its name, `message` says why and what to send."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message
        super().__init__(f"{field}: {message}")


class FormReader(FileUploadHandler):
    """The first upload handler: takes the texts out of a form and leaves the files to those after it."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> Any:
        assert self.request is not None
        parts: Any = _Parts(input_data, boundary, encoding or settings.DEFAULT_CHARSET)
        others = [handler for handler in self.request.upload_handlers if handler is not self]
        _, files = MultiPartParser(META, parts, others, "utf-8").parse()
        return parts.texts(), files

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class _Watched:
    """A source that remembers how it ended."""

    def __init__(self, source: Any) -> None:
        self._source, self.end = source, b""

    def read(self, size: int) -> bytes:
        piece: bytes = self._source.read(size)
        self.end = (self.end + piece)[-_LONGEST_END:]
        return piece


class _Parts:
    """A form as a stream of its files alone; its texts are kept aside until all have been read."""

    def __init__(self, source: Any, boundary: bytes, encoding: str) -> None:
        self._separator, self._encoding = b"--" + boundary, encoding
        chunk_size = 64 * 1024
        self._source = _Watched(source)
        self._stream = LazyStream(ChunkIter(cast(Any, self._source), chunk_size))
        self._texts: list[tuple[str, bytes, Headers]] = []
        self._size = 0
        self._files = self._file_parts()
        self._ready = b""

    def read(self, size: int) -> bytes:
        """The next bytes of the files, in form; none at the end."""
        while not self._ready:
            try:
                self._ready = next(self._files)
            except StopIteration:
                return b""
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken

    def texts(self) -> QueryDict:
        """The text fields, decoded. Raises UnreadableField."""
        usual = self._encoding
        for name, raw, _ in self._texts:
            if name == _CHARSET_FIELD:
                usual = raw.decode("ascii", errors="replace").strip() or usual
        fields = QueryDict(mutable=True, encoding="utf-8")
        for name, raw, headers in self._texts:
            if name != _CHARSET_FIELD:
                charset = headers.get("content-type", ("", {}))[1].get("charset", usual)
                fields.appendlist(name, _decoded(name, raw, charset))
        fields._mutable = False
        return fields

    def _file_parts(self) -> Iterator[bytes]:
        for part in InterBoundaryIter(self._stream, self._separator):
            block = _header_block(part)
            if block is None:
                continue
            headers = self._headers(block)
            name, parameters = _disposition(headers)
            if name is None:
                continue
            if parameters.get("filename"):
                yield self._separator + b"\r\n" + _clean_block(block, headers) + b"\r\n\r\n"
                yield from part
                yield b"\r\n"
            else:
                self._keep_text(name, part, headers)
        if self._source.end and self._separator + b"--" not in self._source.end:
            raise UnreadableField("form", _CUT_OFF)
        yield self._separator + b"--\r\n"

    def _headers(self, block: bytes) -> Headers:
        headers: Headers = {}
        for line in block.split(b"\r\n"):
            try:
                pair, parameters = parse_header_parameters(_header_text(line, self._encoding))
                name, value = pair.split(":", 1)
            except ValueError:
                continue
            headers[name.strip()] = (value.strip(), parameters)
        return headers

    def _keep_text(self, name: str, part: Any, headers: Headers) -> None:
        begin = part.read(8)
        declared = headers.get("content-type", ("", {}))[0]
        if begin and (begin.startswith(_FILM_BEGINS) or declared.startswith("image/")):
            raise UnreadableField(name, _AS_A_FILE)
        most, count = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        raw = begin + part.read(None if most is None else max(most - self._size, 0) + 1)
        self._size += len(raw) + len(name) + 2
        if most is not None and self._size > most:
            raise RequestDataTooBig("The text of the form is longer than DATA_UPLOAD_MAX_MEMORY_SIZE.")
        self._texts.append((name, _transferred(name, raw, headers), headers))
        if count is not None and len(self._texts) > count:
            raise TooManyFieldsSent("The form has more fields than DATA_UPLOAD_MAX_NUMBER_FIELDS.")


def _header_block(part: Any) -> bytes | None:
    """The part's headers; None for what stands before and after the parts. Leaves the part at its content."""
    chunk: bytes = part.read(_LONGEST_HEADER)
    end = chunk.find(b"\r\n\r\n")
    if end < 0 and len(chunk) == _LONGEST_HEADER:
        raise MultiPartParserError("The headers of a part of the form are too long.")
    if end < 0:
        return None
    part.unget(chunk[end + 4 :])
    return chunk[:end].strip()


def _header_text(line: bytes, encoding: str) -> str:
    for charset in ("utf-8", encoding):
        try:
            return line.decode(charset)
        except (UnicodeError, LookupError):
            continue
    return line.decode("utf-8", errors="replace")  # found out, and refused, by its U+FFFD


def _disposition(headers: Headers) -> tuple[str | None, dict[str, str]]:
    """The field's name and the other parameters. Raises UnreadableField for a name that cannot be read."""
    parameters = headers.get("content-disposition", ("", {}))[1]
    name = parameters.get("name")
    if name is None:
        return None, parameters
    name = name.strip()
    if "\ufffd" in name:
        raise UnreadableField("name", "The name of a field is not in UTF-8. Send it in UTF-8.")
    if "\ufffd" in parameters.get("filename", ""):
        raise UnreadableField(
            name,
            "The file's name cannot be read. Send it in UTF-8, or as filename*=ISO-8859-1''…, or leave it.",
        )
    return name, parameters


def _clean_block(block: bytes, headers: Headers) -> bytes:
    """The headers of a file, for Django, which drops a line that is not UTF-8."""
    try:
        block.decode()
    except UnicodeDecodeError:
        parameters = headers["content-disposition"][1]
        named = "; ".join(
            f"{name}*=UTF-8''{quote(value[:200], safe='')}" for name, value in parameters.items()
        )
        lines = [line for line in block.split(b"\r\n") if not line.lower().startswith(b"content-disposition")]
        return b"\r\n".join([f"Content-Disposition: form-data; {named}".encode(), *lines])
    return block


def _transferred(name: str, raw: bytes, headers: Headers) -> bytes:
    """The bytes of a text before they were wrapped up for the way."""
    how = headers.get("content-transfer-encoding", ("", {}))[0].lower()
    if how in ("", "7bit", "8bit", "binary"):
        return raw
    if how == "quoted-printable":
        return quopri.decodestring(raw)
    try:
        if how == "base64":
            return b64decode(raw)
    except binascii.Error as error:
        raise UnreadableField(name, "This is not the base64 that it is declared to be.") from error
    raise UnreadableField(name, f"The transfer encoding “{how[:40]}” is unknown. Send the text as it is.")


def _decoded(name: str, raw: bytes, charset: str) -> str:
    try:
        codec = codecs.lookup(charset)
        if codec.name in _NO_CHARSETS or not codec._is_text_encoding:
            raise LookupError
        text = raw.decode(codec.name)
    except LookupError as error:
        problem = f"The charset “{charset[:40]}” is unknown. Send the text as UTF-8."
        raise UnreadableField(name, problem) from error
    except UnicodeError as error:
        if b"\x00" in raw:
            raise UnreadableField(name, _AS_A_FILE) from error
        problem = (
            f"The bytes of this text are not {charset[:40].upper()}. Send UTF-8, or declare the charset: "
            "Content-Type: text/plain; charset=ISO-8859-1."
        )
        raise UnreadableField(name, problem) from error
    return text.removeprefix("\ufeff")
