"""Where a webhook may lead: to the internet by HTTPS, and into networks that the operator has named.

A clinic's administrator writes the address, the portal's server goes there: without this it could be sent to
ask machines that only it can reach. A name is looked up once for each try, and what was judged is what is
connected to.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
IPV4_INSIDE: Final = IPv6Network("64:ff9b::/96")  # an IPv4 address in its last 32 bits
CLOUD_OWN: Final = IPv4Address("168.63.129.16")  # by its number public; in Azure, the host of the machine
Address = IPv4Address | IPv6Address


class NotAllowed(Exception):
    """The webhook may not, or cannot, lead there; `message` says why in words."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True)
class Place:
    """An address taken apart."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """Host and port, as the receiver is asked for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def place_of(address: str) -> Place:
    """The address's parts. Raises NotAllowed for one that nothing may be sent to, without looking it up."""
    if not address.isascii() or not address.isprintable() or " " in address:
        raise NotAllowed("Write the address in plain letters, without spaces.")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NotAllowed("This is no address.") from None
    if parts.username or parts.password or parts.fragment:
        raise NotAllowed("Leave out the name, password and # part: the signature proves who sends.")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
        raise NotAllowed("The address must begin with https://.")
    if port == 0:
        raise NotAllowed("This is no address.")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = Place(secure, host, port or (443 if secure else 80), path)
    _check_written(place)
    return place


def reachable(place: Place) -> list[str]:
    """The network addresses to connect to, looked up now. Raises NotAllowed if one of them is not allowed."""
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotAllowed("The name of the receiver is not known.") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        _check(address.partition("%")[0])
    return addresses


def _check_written(place: Place) -> None:
    try:
        ip_address(place.host)
    except ValueError:
        return
    _check(place.host)


def _check(text: str) -> None:
    address = ip_address(text)
    for meant in _meant(address):
        if not _allowed(meant):
            raise NotAllowed(
                "This address leads into a network that webhooks may not reach. The portal’s operator can "
                "allow it (WEBHOOK_PRIVATE_NETWORKS)."
            )


def _meant(address: Address) -> list[Address]:
    """The address, and the one that it carries within it."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    inside: list[Address] = [address]
    if address.sixtofour:
        inside.append(address.sixtofour)
    if address.teredo:
        inside.extend(address.teredo)
    if address in IPV4_INSIDE:
        inside.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return inside


def _allowed(address: Address) -> bool:
    public = address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    )
    local = address == CLOUD_OWN or (isinstance(address, IPv6Address) and address.is_site_local)
    return (public and not local) or any(address in network for network in settings.WEBHOOK_PRIVATE_NETWORKS)
