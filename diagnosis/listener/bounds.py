"""How much a caller may say at once and how long it may take: memory holds it before anybody reads it."""

import time
from typing import Any, Final

from pynetdicom.ae import ApplicationEntity

PDU_BYTES: Final = 256 * 1024  # the largest that is announced as welcome
SECONDS_FOR_A_GREETING: Final = 20.0
SECONDS_FOR_A_FILM: Final = 120.0  # between two parts of a message
MOST_UNKNOWN_FROM_ONE_ADDRESS: Final = 50
_HEADER: Final = 1024
_COMMAND_BYTES: Final = 64 * 1024
_WAITING: Final = 4  # messages; a machine waits for each answer
_CHUNK: Final = 64 * 1024


def bound(association: Any) -> None:
    """Have the caller cut off whose part of a message is too long or takes too long."""
    line = association.dul.socket

    def recv(size: int) -> bytearray:
        sock, heard = line.socket, bytearray()
        if sock is None or size > PDU_BYTES + _HEADER:
            line.close()
            raise OSError("a caller announced more than anybody has to say at once")
        known = association.is_established
        until = time.monotonic() + (SECONDS_FOR_A_FILM if known else SECONDS_FOR_A_GREETING)
        before = sock.gettimeout()
        try:
            while len(heard) < size:
                sock.settimeout(max(0.01, until - time.monotonic()))
                part = sock.recv(min(_CHUNK, size - len(heard)))
                if not part:
                    break
                heard += part
        except TimeoutError:
            line.close()
            raise
        sock.settimeout(before)
        return heard

    line.recv = recv


def is_one_too_many(association: Any) -> bool:
    """Whether as many who are no machine of ours as may are calling from this address."""
    entity: ApplicationEntity = association.ae
    address = association.requestor.address
    unknown = [
        one
        for one in entity.active_associations
        if one.requestor.address == address and not getattr(one, "carina_machine", None)
    ]
    return len(unknown) >= MOST_UNKNOWN_FROM_ONE_ADDRESS


def says_too_much(association: Any) -> bool:
    """Whether a command is longer than any, or more messages came than a machine sends without an answer."""
    message = association.dimse.message
    command = message.encoded_command_set.tell() if message is not None else 0
    return bool(command > _COMMAND_BYTES or association.dimse.msg_queue.qsize() > _WAITING)
