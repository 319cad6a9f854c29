"""Which machine calls: one that a clinic has registered, by its AE title and its address."""

import ipaddress

from accounts import denials
from diagnosis.models import DicomSender

UNKNOWN = "dicom.unknown_caller"


def sender(ae_title: str, address: str) -> DicomSender | None:
    """The machine of this name at this address; the one whose network is narrowest, if several fit."""
    try:
        host = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return None
    if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped:
        host = host.ipv4_mapped
    known = DicomSender.objects.select_related("clinic").filter(ae_title=ae_title, active=True)
    fits = [(network.prefixlen, one) for one in known if host in (network := _network(one))]
    return max(fits, key=lambda fit: (fit[0], -fit[1].pk), default=(0, None))[1]


def note_unknown(ae_title: str, address: str) -> None:
    """Put on record that a machine called which no clinic has registered; repetitions are counted."""
    name = "".join(letter for letter in ae_title if letter.isprintable())[:16]
    denials.note(
        action=UNKNOWN, who=None, subject=f"network:{address}", facts={"ae_title": name, "from": address}
    )


def _network(known: DicomSender) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(known.address, strict=False)
