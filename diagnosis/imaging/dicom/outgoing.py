"""A DICOM film on its way out: its elements as they came, byte for byte, behind meta information made here.

The film's own header is read by `elements` alone, which stands hostile bytes; whoever sends the file reads
only the meta information that was made here.
"""

import re
import shutil
from dataclasses import dataclass
from typing import BinaryIO, Final

from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from diagnosis.imaging.dicom.elements import File, read_elements
from diagnosis.imaging.dicom.inflated import Inflated
from diagnosis.imaging.dicom.secondary_capture import meta_of
from diagnosis.imaging.dicom.syntaxes import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

_CLASS, _INSTANCE, _SYNTAX = 0x00080016, 0x00080018, 0x00020010
_IDENTIFIER: Final = re.compile(r"[0-9.]{1,64}")
_PLAIN: Final = frozenset({"", IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED})


@dataclass(frozen=True)
class Told:
    """What an archive must know of a film before it comes. begin: where its elements stand in the file."""

    sop_class: str
    sop_instance_uid: str
    transfer_syntax: str
    begin: int = 0


def told_by(stream: BinaryIO) -> Told:
    """What a film says of itself. Raises FilmRefused: damaged, no identifiers, not written as it says."""
    file = read_elements(stream, frozenset({_CLASS, _INSTANCE, _SYNTAX}), {})
    sop_class, instance = (_identifier(file, tag) for tag in (_CLASS, _INSTANCE))
    if not (sop_class and instance):
        raise FilmRefused(
            Refusal.NO_IDENTIFIERS, "The film's DICOM header lacks its identifiers.", EXPORT_AGAIN
        )
    return Told(sop_class, instance, _syntax(file), file.begin)


def write_behind_own_meta(stream: BinaryIO, told: Told, target: BinaryIO) -> None:
    """Write the film's elements, as they are, behind a preamble and meta information of our own."""
    meta = meta_of(told.sop_class, told.sop_instance_uid)
    meta.TransferSyntaxUID = UID(told.transfer_syntax)
    head = DicomBytesIO()
    write_file_meta_info(head, meta)
    target.write(bytes(128) + b"DICM" + head.getvalue())
    stream.seek(told.begin)
    shutil.copyfileobj(stream, target)


def _identifier(file: File, tag: int) -> str:
    value = file.found.values.get(tag)
    text = value.content.rstrip(b"\0 ").decode("ascii", "replace") if value else ""
    return text if _IDENTIFIER.fullmatch(text) else ""


def _syntax(file: File) -> str:
    """The transfer syntax that fits how the elements are written; the declared one if its pixels need it."""
    found = file.found
    if file.declared in _PLAIN:
        if isinstance(file.source, Inflated):
            return DEFLATED
        return IMPLICIT if found.implicit else BIG_ENDIAN if found.big else EXPLICIT
    if found.implicit or found.big or not _IDENTIFIER.fullmatch(file.declared):
        raise FilmRefused(Refusal.DAMAGED, "The film's DICOM header is not written as it says.", EXPORT_AGAIN)
    return file.declared
