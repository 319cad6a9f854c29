"""Receives each request whole, lets a thread answer it, and sends the answer: a slow line holds no thread."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO, Any, Final
from urllib.parse import unquote_to_bytes

from django.conf import settings

from portal.refusals import REFUSED, TOO_SLOW
from portal.server import body
from portal.server.body import Refused
from portal.server.turns import Turns, network_of

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BLOCK: Final = 64 * 1024
IN_MEMORY: Final = 1024 * 1024
NO_BODY: Final = (204, 304)


class _File:
    """What WSGI calls a file wrapper: the file itself is the answer."""

    def __init__(self, file: IO[bytes], block_size: int = BLOCK) -> None:
        self.file = file


@dataclass
class Answer:
    """The portal's answer: `content` is a file, in memory or on disk."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    content: IO[bytes] | None = None


class Front:
    """Calls a WSGI application from gunicorn's asynchronous worker."""

    def __init__(self, application: Callable[..., Iterable[bytes]], *, threads: int, log: Any) -> None:
        self._application = application
        self._log = log
        self._turns = Turns(threads)
        self._requests = ThreadPoolExecutor(threads, "request")
        self._files = ThreadPoolExecutor(2, "file")  # bodies and answers on disk never wait behind requests
        self._large = body.Large()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _refuse_socket(receive, send)
            return
        environ = _environ(scope)

        def unread() -> bytes:
            return scope["carina.connection"].unread if "carina.connection" in scope else b""

        receiver = body.Receiver(environ, receive, self._requests, self._files, self._large, unread)
        with contextlib.closing(receiver):
            refused = None
            try:
                content = await receiver.whole(on_known=lambda: _is_known(scope))
            except body.Gone:
                return
            except Refused as refusal:
                refused, content = refusal, tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (`_called` closes it)
                environ[REFUSED] = refusal.reason
                environ["CONTENT_LENGTH"] = "0"
            environ["wsgi.input"] = content
            loop = asyncio.get_running_loop()
            async with self._turns.of(network_of(environ)):
                answer = await loop.run_in_executor(self._requests, self._called, environ)
            drain = None
            if receiver.cut:
                answer.headers.append((b"connection", b"close"))
            if refused is not None:
                answer.headers.append((b"connection", b"close"))
                drain = None if refused.reason == TOO_SLOW else receiver.drain
            await self._send(answer, scope["method"], send, drain=drain)

    def _called(self, environ: dict[str, Any]) -> Answer:
        """Run the application to its end, in a thread; only a file is left to be sent piece by piece."""
        answer = Answer()

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
            answer.status = int(status.split(" ", 1)[0])
            answer.headers = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers]

        with contextlib.closing(environ["wsgi.input"]):
            chunks = self._application(environ, start_response)
            if isinstance(chunks, _File):
                answer.content = chunks.file
                return answer
            folder = settings.FILE_UPLOAD_TEMP_DIR
            kept = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=folder)  # noqa: SIM115 - closed when it is sent
            try:
                for chunk in chunks:
                    kept.write(chunk)
            finally:
                if close := getattr(chunks, "close", None):
                    close()
        _tell_length(answer, kept.tell(), environ["REQUEST_METHOD"])
        kept.seek(0)
        answer.content = kept
        return answer

    async def _send(
        self, answer: Answer, method: str, send: Send, drain: Callable[[], Awaitable[None]] | None
    ) -> None:
        loop = asyncio.get_running_loop()
        content = answer.content
        assert content is not None
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            wanted = method != "HEAD" and answer.status not in NO_BODY
            while wanted and (block := await loop.run_in_executor(self._files, content.read, BLOCK)):
                await send({"type": "http.response.body", "body": block, "more_body": True})
            if drain is not None:  # the answer is out; closing now would throw it away at the other end
                await drain()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:  # for the database connection of a file's answer, which its end gives back
            self._requests.submit(content.close)


async def _refuse_socket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1000})


def _is_known(scope: Scope) -> None:
    if connection := scope.get("carina.connection"):
        connection.known = True


def _tell_length(answer: Answer, length: int, method: str) -> None:
    told = any(name == b"content-length" for name, _ in answer.headers)
    if not told and method != "HEAD" and answer.status not in NO_BODY:
        answer.headers.append((b"content-length", str(length).encode()))


def _environ(scope: Scope) -> dict[str, Any]:
    """The WSGI environment of a request. The scheme is what this server speaks: settings know the proxy."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    path, _, _ = scope["raw_path"].partition(b"?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(_without_host(path)).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": _File,
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{text}" if key in environ else text
    return environ


def _without_host(path: bytes) -> bytes:
    """The path of a target in absolute form, as a client of a proxy sends it."""
    for start in (b"http://", b"https://"):
        if path.lower().startswith(start):
            return b"/" + path[len(start) :].partition(b"/")[2]
    return path
