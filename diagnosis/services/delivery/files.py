"""What of a film leaves: a DICOM film as it came, any other as a Secondary Capture."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from diagnosis.imaging.dicom import confined
from diagnosis.imaging.dicom.nameless import HeldBack, with_meta
from diagnosis.models import Scan
from diagnosis.services import storage
from diagnosis.services.delivery.answers import NotDelivered
from diagnosis.services.film_files import DICOM, record_of, room


@contextmanager
def dicom_file(scan: Scan) -> Iterator[Path]:
    """The path of the film as a DICOM file, for the time of its sending. Raises NotDelivered."""
    path = storage.path_of(scan.original)
    if not path.is_file():
        raise NotDelivered(
            "The film's file is missing on this server. Tell the portal's operator.", final=True
        )
    if scan.media_type == DICOM:
        check_header(scan)
        with _with_meta(path) as whole:
            yield whole
        return
    try:
        content = confined.captured(path, record_of(scan), room())
    except HeldBack as why:
        raise NotDelivered(f"No DICOM file could be made of the film: {why}", final=True) from why
    with TemporaryDirectory(prefix="carina-out-") as folder:
        made = Path(folder) / "film.dcm"
        made.write_bytes(content)
        yield made


@contextmanager
def _with_meta(path: Path) -> Iterator[Path]:
    """The path of the same film with preamble and meta information, which some machines leave out."""
    with path.open("rb") as stream:
        if stream.read(132).endswith(b"DICM"):
            yield path
            return
    try:
        content = with_meta(path)
    except Exception as error:  # pydicom raises all kinds of exceptions on hostile bytes
        raise NotDelivered("The film's DICOM header cannot be read.", final=True) from error
    with TemporaryDirectory(prefix="carina-out-") as folder:
        made = Path(folder) / "film.dcm"
        made.write_bytes(content)
        yield made


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
