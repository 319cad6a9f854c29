"""Speaks DICOM with an archive: C-ECHO to see whether it answers, C-STORE to send a film."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, _config
from pynetdicom.association import Association

from diagnosis.models import Archive
from diagnosis.services.delivery.answers import NotDelivered
from diagnosis.services.delivery.files import Outgoing

_config.STORE_SEND_CHUNKED_DATASET = True  # a film's bytes as they are: nothing here decodes them

VERIFICATION: Final = "1.2.840.10008.1.1"
IMPLICIT: Final = "1.2.840.10008.1.2"
CONNECT_SECONDS: Final = 10
ANSWER_SECONDS: Final = 60
HAS_IT: Final = 0x0111  # duplicate SOP instance: somebody sent it before
SAID: Final = {
    0x0122: "it takes no films of this kind (SOP class not supported)",
    0x0124: "this portal may not store films there (not authorised)",
    0x0110: "it could not process the film",
}


def store(archive: Archive, film: Outgoing) -> str:
    """Send one film by its own transfer syntax; what the archive answered. Raises NotDelivered."""
    told = film.told
    with _associated(archive, [(told.sop_class, [told.transfer_syntax])]) as link:
        if not link.accepted_contexts:
            raise NotDelivered(
                f"{archive.name} does not take this kind of film in its transfer syntax "
                f"({UID(told.transfer_syntax).name}). Ask who runs it to allow that.",
                final=True,
            )
        try:
            answer = link.send_c_store(film.path)
        except (ValueError, AttributeError, RuntimeError) as error:
            raise NotDelivered(f"The connection to {archive.name} broke off.") from error
    return _judged(archive, answer)


def echo(archive: Archive) -> str:
    """What the archive answers to C-ECHO. Raises NotDelivered."""
    with _associated(archive, [(VERIFICATION, [IMPLICIT])]) as link:
        answer = link.send_c_echo() if link.accepted_contexts else None
    if answer is None or "Status" not in answer:
        raise NotDelivered(f"{archive.name} did not answer the C-ECHO.")
    return f"{archive.name} answered the C-ECHO (status 0x{answer.Status:04X})."


@contextmanager
def _associated(archive: Archive, asked: list[tuple[str, list[str]]]) -> Iterator[Association]:
    caller = AE(ae_title=archive.calling_ae_title)
    caller.connection_timeout = CONNECT_SECONDS
    caller.acse_timeout = caller.network_timeout = CONNECT_SECONDS
    caller.dimse_timeout = ANSWER_SECONDS
    for sop_class, syntaxes in asked:
        caller.add_requested_context(sop_class, syntaxes)
    secured: Any = (ssl.create_default_context(), archive.host) if archive.tls else None
    try:
        link = caller.associate(
            archive.host, archive.port or 104, ae_title=archive.ae_title, tls_args=secured
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise NotDelivered(f"{archive.name} could not be reached.") from error
    try:
        if link.is_rejected:
            raise NotDelivered(
                f"{archive.name} refused the connection: it may not know the AE title "
                f"{archive.calling_ae_title}, or not be {archive.ae_title}."
            )
        if not link.is_established and not link.rejected_contexts:
            # Some close so fast behind their refusal that only the end of the connection is seen.
            may = f"It may not know the AE title {archive.calling_ae_title}, or not be {archive.ae_title}."
            if archive.tls:
                may = f"Its certificate may not be known here, or it speaks no TLS. {may}"
            raise NotDelivered(f"{archive.name} could not be reached, or broke off the connection. {may}")
        yield link
    finally:
        if link.is_established:
            link.release()


def _judged(archive: Archive, answer: Dataset) -> str:
    """What a C-STORE status means. Raises NotDelivered."""
    if "Status" not in answer:
        raise NotDelivered(f"{archive.name} did not answer, or broke off the connection.")
    status, comment = int(answer.Status), str(answer.get("ErrorComment", ""))[:120]
    told = f"status 0x{status:04X}" + (f", “{comment}”" if comment.isprintable() and comment else "")
    if status == 0 or status >> 12 == 0xB:
        return f"{archive.name} has the film ({told})."
    if status == HAS_IT:
        return f"{archive.name} had the film already ({told})."
    if status >> 8 == 0xA7:
        raise NotDelivered(f"{archive.name} has no room just now ({told}).")
    words = SAID.get(status, "it does not take this film")
    raise NotDelivered(f"{archive.name} refused the film: {words} ({told}).", final=True)
