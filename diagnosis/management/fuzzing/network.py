"""An X-ray machine that calls the listener: films by C-STORE, and the same conversation in broken bytes."""

import contextlib
import io
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Final

from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE

from diagnosis.imaging.dicom.syntaxes import NAMES
from diagnosis.management.fuzzing.elements import dataset_start
from diagnosis.management.fuzzing.seeds import Seed
from diagnosis.management.fuzzing.spoiling import BYTES

CALLER: Final = "FUZZ"
SECONDS: Final = 30
NO_ANSWER: Final = -1
_VERIFICATION: Final = "1.2.840.10008.1.1"


class Machine:
    """Calls the listener at a port."""

    def __init__(self, port: int, called: str) -> None:
        self._port, self._called = port, called

    def answers(self) -> bool:
        """Whether an echo comes back."""
        entity = self._entity()
        entity.add_requested_context(_VERIFICATION)
        line = entity.associate("127.0.0.1", self._port, ae_title=self._called)
        if not line.is_established:
            return False
        status = line.send_c_echo()
        line.release()
        return "Status" in status and status.Status == 0

    def send(self, film: Seed) -> int:
        """The status of a film, NO_ANSWER if the association ended without one."""
        with self.calling(film) as store:
            return store()

    @contextlib.contextmanager
    def calling(self, film: Seed) -> Iterator[Callable[[], int]]:
        """An association for a film, which is sent when the function is called."""
        syntax = film.syntax if film.syntax in NAMES else next(iter(NAMES))
        entity = self._entity()
        entity.add_requested_context(film.sop_class, [syntax])
        line = entity.associate("127.0.0.1", self._port, ae_title=self._called)
        try:
            yield lambda: _store(line, film) if line.is_established else NO_ANSWER
            line.release()
        finally:
            if line.is_established:
                line.abort()

    def say(self, said: bytes) -> bytes:
        """What is answered to these bytes before a moment of silence; the line is then closed."""
        heard = b""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._port), timeout=0.15) as line,
        ):
            line.sendall(said)
            while part := line.recv(65_536):
                heard += part
        return heard

    def _entity(self) -> AE:
        entity = AE(CALLER)
        entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = (
            SECONDS
        )
        return entity


def _store(line: Association, film: Seed) -> int:
    """As `send_c_store` does, but the bytes as they are: it would not send a film that is broken."""
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = film.sop_class, film.sop_uid
    # with nothing at all pynetdicom sends no last part, for which the listener waits until its time is up
    request.DataSet = io.BytesIO(film.content[dataset_start(film.content) :] or b"\0\0")
    line._reactor_checkpoint.clear()
    while not line._is_paused:
        time.sleep(0.0001)
    try:
        line.dimse.send_msg(request, line.accepted_contexts[0].context_id or 1)
        _, answer = line.dimse.get_msg(block=True)
    finally:
        line._reactor_checkpoint.set()
    return answer.Status if isinstance(answer, C_STORE) and answer.Status is not None else NO_ANSWER


# ------------------------------------------------------------------------- the conversation, byte by byte


def whole_conversation(film: Seed, called: str) -> list[bytes]:
    """What a machine says that sends a film: association, command, the film in parts, release."""
    return [
        _associate(film, called),
        _data(_command(film), last_command=True),
        *_film(film.content[dataset_start(film.content) :]),
        b"\x05\0" + struct.pack(">I", 4) + bytes(4),
    ]


def conversation(chance: random.Random, film: Seed, called: str) -> tuple[bytes, tuple[str, ...]]:
    """What a machine says that sends a film, with one or two things wrong, and what they are."""
    pieces = whole_conversation(film, called)
    how = []
    for _ in range(chance.choice((1, 1, 2))):
        what = chance.choice(("bytes", "bytes", "length", "order", "missing", "twice", "kind"))
        where = chance.randrange(len(pieces))
        piece = pieces[where]
        how.append(f"PDU: {what}")
        if what == "bytes":
            pieces[where] = BYTES[chance.choice(list(BYTES))](chance, piece)
        elif what == "length":
            said = chance.choice((0, 1, 5, len(piece), 0x7FFFFFFF, 0xFFFFFFFF, 70_000))
            pieces[where] = piece[:2] + struct.pack(">I", said) + piece[6:]
        elif what == "order":
            chance.shuffle(pieces)
        elif what == "missing" and len(pieces) > 1:
            pieces.pop(where)
        elif what == "twice":
            pieces.insert(where, piece)
        elif what == "kind":
            pieces[where] = bytes([chance.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 255))]) + piece[1:]
    return b"".join(pieces), tuple(how)


def _item(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(content)) + content


def _associate(film: Seed, called: str) -> bytes:
    syntaxes = _item(0x30, film.sop_class.encode()) + _item(0x40, film.syntax.encode())
    contexts = _item(0x20, b"\1\0\0\0" + syntaxes)
    contexts += _item(
        0x20, b"\3\0\0\0" + _item(0x30, _VERIFICATION.encode()) + _item(0x40, b"1.2.840.10008.1.2")
    )
    user = _item(0x50, _item(0x51, struct.pack(">I", 16_384)) + _item(0x52, b"1.2.826.0.1.3680043.8.498.1"))
    names = called.ljust(16).encode() + CALLER.ljust(16).encode() + bytes(32)
    body = b"\0\1\0\0" + names + _item(0x10, b"1.2.840.10008.3.1.1.1") + contexts + user
    return b"\1\0" + struct.pack(">I", len(body)) + body


def _data(content: bytes, *, last_command: bool = False, last: bool = False) -> bytes:
    control = 3 if last_command else 2 if last else 0
    value = struct.pack(">IBB", len(content) + 2, 1, control) + content
    return b"\4\0" + struct.pack(">I", len(value)) + value


def _film(content: bytes) -> list[bytes]:
    parts = [content[place : place + 16_000] for place in range(0, len(content), 16_000)] or [b""]
    return [_data(part, last=number == len(parts)) for number, part in enumerate(parts, 1)]


def _command(film: Seed) -> bytes:
    def element(number: int, value: bytes) -> bytes:
        value += b"\0" * (len(value) % 2)
        return struct.pack("<HHI", 0, number, len(value)) + value

    body = element(0x0002, film.sop_class.encode()) + element(0x0100, b"\1\0") + element(0x0110, b"\1\0")
    body += element(0x0700, b"\0\0") + element(0x0800, b"\0\0") + element(0x1000, film.sop_uid.encode())
    return element(0x0000, struct.pack("<I", len(body))) + body
