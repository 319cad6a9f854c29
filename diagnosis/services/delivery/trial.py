"""Asks an archive whether it answers, without sending a film."""

from diagnosis.models import Archive, ArchiveProtocol
from diagnosis.services.delivery import dimse, stow
from diagnosis.services.delivery.answers import NotDelivered


def try_archive(archive: Archive) -> tuple[bool, str]:
    """Whether the archive answers, and what, in words."""
    try:
        return True, stow.search(archive) if archive.protocol == ArchiveProtocol.STOW else dimse.echo(archive)
    except NotDelivered as why:
        return False, why.reason
