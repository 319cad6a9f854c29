"""X-ray machines that may send: which clinic a calling AE title at an address belongs to."""

import ipaddress
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.audit import Stored
from accounts.models import Clinic, User
from diagnosis.models import DicomSender
from diagnosis.services import history

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadAddress(ValueError):
    """The address is none; `message` says what to write."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def network_of(address: str) -> Network:
    """The network that an address, or a network such as 10.1.2.0/24, names. Raises BadAddress."""
    try:
        return ipaddress.ip_network(address.strip())
    except ValueError as error:
        try:
            meant = ipaddress.ip_network(address.strip(), strict=False)
        except ValueError:
            text = "Write an IP address such as 10.1.2.3, or a network such as 10.1.2.0/24."
            raise BadAddress(text) from error
        raise BadAddress(f"This is an address inside a network. Write {meant} for all of it.") from error


def claimed_by(*, ae_title: str, address: str, apart_from: int | None = None) -> DicomSender | None:
    """The active sender, of any clinic, that has this AE title and a part of this address, or None."""
    network = network_of(address)
    others = DicomSender.objects.filter(ae_title=ae_title, active=True)
    if apart_from is not None:
        others = others.exclude(pk=apart_from)
    for other in others.select_related("clinic"):
        theirs = network_of(other.address)
        if theirs.version == network.version and theirs.overlaps(network):
            return other
    return None


def sender_at(*, ae_title: str, address: str) -> DicomSender | None:
    """The active sender with this AE title that may call from this IP address, or None."""
    found = claimed_by(ae_title=ae_title, address=address)
    return found if found is not None and found.ae_title == ae_title else None  # MySQL finds xray1 for XRAY1


def as_of_now(sender: DicomSender) -> DicomSender | None:
    """The sender as it stands now; None if it may no longer send as it did."""
    same = {"ae_title": sender.ae_title, "address": sender.address, "active": True}
    return DicomSender.objects.select_related("clinic").filter(pk=sender.pk, **same).first()


def character_set_of(clinic: Clinic) -> str:
    """The character set that the clinic's machines are set to, for their films by another door; "" if they
    differ, or none is set.
    """
    machines = DicomSender.objects.filter(clinic=clinic, active=True).exclude(character_set="")
    found = set(machines.values_list("character_set", flat=True))
    return found.pop() if len(found) == 1 else ""


def store_sender(*, sender: DicomSender, by: User, fields: Iterable[str] | None = None) -> None:
    """Store a new sender, or its changed `fields`; audit `dicom_sender.created` or `dicom_sender.changed`."""
    changed = sorted(fields) if fields is not None else None
    if changed == []:
        return
    action = "dicom_sender.created" if sender.pk is None else "dicom_sender.changed"
    with transaction.atomic():
        sender.save(update_fields=changed)
        facts: dict[str, Any] = {
            "ae_title": sender.ae_title,
            "address": sender.address,
            "active": sender.active,
            "clinic": sender.clinic.name,
        }
        facts |= {"changed": changed} if changed is not None else {}
        history.write(sender, action, facts, actor=by, rows=[Stored(sender, changed)])
