"""What of a film leaves: a DICOM film as it came, any other as a Secondary Capture.

A DICOM film's header was written by others; here it is read only by what stands hostile bytes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from diagnosis.imaging.dicom import confined
from diagnosis.imaging.dicom.nameless import HeldBack
from diagnosis.imaging.dicom.outgoing import Told, told_by, write_behind_own_meta
from diagnosis.imaging.refusal import FilmRefused
from diagnosis.models import Scan
from diagnosis.services import storage
from diagnosis.services.delivery.answers import NotDelivered
from diagnosis.services.film_files import DICOM, record_of, room


@dataclass(frozen=True)
class Outgoing:
    """A film as a DICOM file, and what an archive is told of it."""

    path: Path
    told: Told


@contextmanager
def dicom_file(scan: Scan, *, as_it_came: bool) -> Iterator[Outgoing]:
    """The film as a DICOM file, for the time of its sending. Raises NotDelivered.

    as_it_came: byte for byte, if it came as a whole file. Else its elements stand behind meta information
    made here, so that sending it reads none that came from elsewhere.
    """
    path = storage.path_of(scan.original)
    if not path.is_file():
        raise NotDelivered(
            "The film's file is missing on this server. Tell the portal's operator.", final=True
        )
    if scan.media_type == DICOM:
        check_header(scan)
        with path.open("rb") as stream:
            try:
                told = told_by(stream)
            except FilmRefused as why:
                raise NotDelivered(f"The film cannot be sent: {why.message}", final=True) from why
            if as_it_came and _has_meta(stream):
                yield Outgoing(path, told)
                return
            with _made(lambda file: write_behind_own_meta(stream, told, file)) as made:
                yield Outgoing(made, told)
        return
    try:
        content = confined.captured(path, record_of(scan), room())
    except HeldBack as why:
        raise NotDelivered(f"No DICOM file could be made of the film: {why}", final=True) from why
    told = Told(SecondaryCaptureImageStorage, scan.sop_instance_uid, ExplicitVRLittleEndian)
    with _made(lambda file: file.write(content)) as made:
        yield Outgoing(made, told)


@contextmanager
def _made(write: Callable[[BinaryIO], object]) -> Iterator[Path]:
    """A file of its own, for as long as it is needed."""
    with TemporaryDirectory(prefix="carina-out-") as folder:
        made = Path(folder) / "film.dcm"
        with made.open("wb") as file:
            write(file)
        yield made


def _has_meta(stream: BinaryIO) -> bool:
    """Whether a file begins as DICOM's file format has it; some machines leave that out."""
    stream.seek(0)
    return stream.read(134).endswith(b"DICM\x02\x00")


def check_header(scan: Scan) -> None:
    """Raise NotDelivered if a DICOM film's own header names another patient or study than the record now.

    As it came it would be filed under that other one.
    """
    told = {"patient_number": scan.study.patient.number, "study_instance_uid": scan.study.instance_uid}
    for name, now in told.items():
        then = scan.header.get(name)
        if then is not None and then != now:
            what = "patient" if name == "patient_number" else "study"
            raise NotDelivered(
                f"The film's header names another {what} than the record does since it was corrected; as it "
                "came it would be filed wrongly. Correct it in the archive, or send it anew from there.",
                final=True,
            )
