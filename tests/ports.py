"""Ports for the servers that tests start."""

import random
import socket

# Below those from which the system takes one for each connection: those are soon another's.
_PORTS = range(20_000, 30_000)
_given: set[int] = set()


def free_port() -> int:
    """A port on which nothing listens, and which no other test of this process was given."""
    chance = random.SystemRandom()
    while True:
        port = chance.choice(_PORTS)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
