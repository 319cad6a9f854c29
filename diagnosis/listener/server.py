"""Listens for X-ray machines: whom it talks to, how many at once, and how much each may send."""

import contextlib
import logging
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import DatabaseError, close_old_connections
from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, _config, evt
from pynetdicom.pdu import A_ABORT_RQ
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # made at run time
from pynetdicom.transport import ThreadedAssociationServer

from diagnosis.imaging.dicom.syntaxes import NAMES
from diagnosis.listener import bounds, callers, storing
from diagnosis.listener.bounds import PDU_BYTES, SECONDS_FOR_A_FILM, SECONDS_FOR_A_GREETING
from diagnosis.models import DicomSender
from diagnosis.services.senders import BadAddress, sender_at

logger = logging.getLogger(__name__)

SECONDS_OF_SILENCE: Final = 60.0
MOST_CALLERS: Final = 500  # those who say nothing and whom no clinic knows included
_AT_THE_DOOR: Final = 128
_SPARE: Final = 1024 * 1024  # of a film's limit, for what the network adds
_REJECTED_FOR_GOOD, _BY_USER, _UNKNOWN_CALLER = 0x01, 0x01, 0x03
_FOR_NOW, _BY_PRESENTATION, _NOT_NOW, _TOO_MANY = 0x02, 0x03, 0x01, 0x02


@dataclass(frozen=True)
class Options:
    """How to listen. most_bytes: of one film. folder: where films lie while they come in."""

    address: str
    port: int
    ae_title: str
    associations: int
    most_bytes: int
    folder: Path
    tls: ssl.SSLContext | None = None


class LateHandshake(ssl.SSLContext):
    """Shakes hands in the caller's own thread: one that says nothing holds up nobody."""

    def wrap_socket(  # type: ignore[override]  # pynetdicom calls it with these names; the rest is passed on
        self, sock: Any, server_side: bool = False, **options: Any
    ) -> Any:
        sock.settimeout(SECONDS_FOR_A_GREETING)
        return super().wrap_socket(sock, server_side, **options | {"do_handshake_on_connect": False})


def tls_context(certificate: str, key: str, clients: str = "") -> ssl.SSLContext:
    """TLS 1.2 or newer; `clients`: a file of authorities whose certificates callers must then show."""
    context = LateHandshake(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if clients:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def start(options: Options) -> ThreadedAssociationServer:
    """Listen in threads of its own until `shutdown` is called. Raises OSError if the port is taken."""
    options.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in options.folder.glob("*.dcm"):  # of a listener that was killed; nobody was told it was kept
        storing.forget(left)
    tempfile.tempdir = str(options.folder)  # where pynetdicom writes a film that comes in
    _config.STORE_RECV_CHUNKED_DATASET = True
    _config.LOG_HANDLER_LEVEL = "none"  # its messages may hold patients' names
    # a line or more for each byte that they cannot read
    for name in ("pynetdicom.fsm", "pynetdicom.dul", "pynetdicom.utils"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    server = _entity(options).start_server(
        (options.address, options.port),
        block=False,
        ssl_context=options.tls,
        evt_handlers=Listener(options).handlers,
    )
    assert isinstance(server, ThreadedAssociationServer)
    assert server.socket is not None
    server.socket.listen(_AT_THE_DOOR)  # the fifth caller at once would wait for a second
    return server


def _entity(options: Options) -> AE:
    entity = AE(options.ae_title)
    entity.require_called_aet = True
    entity.maximum_associations = MOST_CALLERS  # machines are counted in `requested`
    entity.maximum_pdu_size = PDU_BYTES
    entity.acse_timeout = SECONDS_FOR_A_GREETING
    entity.dimse_timeout = SECONDS_FOR_A_FILM
    entity.network_timeout = SECONDS_OF_SILENCE
    entity.add_supported_context(Verification)
    # every kind, so that what is no film is refused in words
    for context in AllStoragePresentationContexts:
        assert context.abstract_syntax is not None
        entity.add_supported_context(context.abstract_syntax, list(NAMES))
    return entity


class Listener:
    """What is done at each event of an association."""

    def __init__(self, options: Options) -> None:
        self._options = options

    @property
    def handlers(self) -> list[Any]:
        return [
            (evt.EVT_CONN_OPEN, self.opened),
            (evt.EVT_REQUESTED, self.requested),
            (evt.EVT_C_ECHO, lambda event: storing.SUCCESS),
            (evt.EVT_C_STORE, self.stored),
            (evt.EVT_PDU_RECV, self.received),
            (evt.EVT_CONN_CLOSE, self.closed),
        ]

    def opened(self, event: evt.Event) -> None:
        """Have a caller cut off who cannot be understood (its line would stay open) or has no end."""
        association: Any = event.assoc
        bounds.bound(association)
        if bounds.is_one_too_many(association):
            association.dul.socket.close()
            return
        act = association.dul.state_machine.do_action

        def act_or_end(what: str) -> None:
            try:
                act(what)
            except Exception as error:
                logger.warning("a caller was cut off, it cannot be understood: %s", type(error).__name__)
                _cut_off(association)

        association.dul.state_machine.do_action = act_or_end

    def requested(self, event: evt.Event) -> None:
        """Turn away whom no clinic knows, but for an echo from this machine itself."""
        association: Any = event.assoc
        title, address = association.requestor.primitive.calling_ae_title, association.requestor.address
        try:
            close_old_connections()
            machine = sender_at(ae_title=title, address=_plain(address))
            if machine is None and address not in ("127.0.0.1", "::1"):
                callers.note_unknown(title, address)
        except (DatabaseError, BadAddress) as error:
            logger.error("nobody can say which machine calls: %s", type(error).__name__)
            association.acse.send_reject(_FOR_NOW, _BY_PRESENTATION, _NOT_NOW)
            association.kill()
            return
        finally:
            close_old_connections()
        if machine is not None and self._is_full(association):
            association.acse.send_reject(_FOR_NOW, _BY_PRESENTATION, _TOO_MANY)
            association.kill()
            return
        association.carina_machine = machine
        if machine is None and address not in ("127.0.0.1", "::1"):
            association.acse.send_reject(_REJECTED_FOR_GOOD, _BY_USER, _UNKNOWN_CALLER)
            association.kill()

    def _is_full(self, association: Any) -> bool:
        """Whether as many machines as may are being served; callers who say nothing take nobody's place."""
        served = [one for one in association.ae.active_associations if getattr(one, "carina_machine", None)]
        return len(served) >= self._options.associations

    def stored(self, event: evt.Event) -> Dataset:
        """Answer a film that has come in."""
        machine: DicomSender | None = getattr(event.assoc, "carina_machine", None)
        return storing.take(event.dataset_path, machine)

    def received(self, event: evt.Event) -> None:
        """Cut off who sends a film larger than any that is taken, or sends without listening."""
        path = _unfinished(event.assoc)
        large = path is not None and path.stat().st_size > self._options.most_bytes + _SPARE
        if large or bounds.says_too_much(event.assoc):
            logger.warning("a caller by DICOM says more than it may; the association was ended")
            _cut_off(event.assoc)  # a request to end it would wait until there is nothing more to read

    def closed(self, event: evt.Event) -> None:
        """Delete what came of films that are not on record."""
        _forget(event.assoc)


def _cut_off(association: Any) -> None:
    """End an association whose state nobody knows, as pynetdicom does where it meets an error itself."""
    with contextlib.suppress(Exception):  # the line may be gone
        abort = A_ABORT_RQ()
        abort.source, abort.reason_diagnostic = 0x02, 0x00
        association.dul.socket.send(abort.encode())
    association.is_aborted, association.is_established = True, False
    association._kill = association.dul._kill_thread = True
    association.dul.socket.close()
    _forget(association)  # its thread may have ended before it tells that the line is closed


def _forget(association: Any) -> None:
    """Delete what came of a film that was broken off, and films whose answer nobody waits for."""
    queued = association.dimse.msg_queue.queue
    waiting = [getattr(message, "_dataset_path", None) for _, message in queued]
    for path in (_unfinished(association), *waiting):
        if path is not None:
            storing.forget(path)


def _unfinished(association: Any) -> Path | None:
    """The file of the film that is coming in just now."""
    message = association.dimse.message
    path = getattr(message, "_data_set_path", None)
    return path if isinstance(path, Path) and path.exists() else None


def _plain(address: str) -> str:
    """An IP address without the interface of version 6, and version 4 as such."""
    return address.split("%")[0].removeprefix("::ffff:")
