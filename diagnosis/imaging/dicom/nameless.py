"""A film as it may leave for research: header, pixels and letters cleaned, or the reason why it may not.

A film is never called clean because nothing was found where nothing looked: it is held back where no letters
can be read here, where its header says that it has some and none were found, and where letters stay or cover
too much.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID

from diagnosis.imaging.dicom.burnt_in import NoReader, Reader
from diagnosis.imaging.dicom.clean_pixels import as_picture, blackened, put_back, stored_values
from diagnosis.imaging.dicom.deidentify import Wish, add_code, deidentify
from diagnosis.imaging.dicom.left_over import still_named
from diagnosis.imaging.dicom.secondary_capture import FilmRecord, as_file, secondary_capture

_ROUNDS: Final = 3
_MOST_COVERED: Final = 0.2


class HeldBack(Exception):
    """This film may not leave without a name; the message says why, without anything that stands on it."""


@dataclass(frozen=True)
class Nameless:
    """A film without a name. lines: how many lines of letters were covered."""

    content: bytes
    lines: int


def nameless_film(
    path: Path, wish: Wish, reader: Reader | None, *, record: FilmRecord | None, max_pixels: int
) -> Nameless:
    """The cleaned DICOM file of a film. record: what is known of a PNG or JPEG; a DICOM film needs none.

    Raises HeldBack, and FilmRefused for a picture that cannot be decoded.
    """
    if reader is None:
        raise HeldBack(
            "Nobody could look for letters burnt into it: the reader of letters does not work on this "
            "server. Tell the portal's operator."
        )
    original = _read(path, record, max_pixels)
    try:
        clean = deidentify(original, wish)
    except Exception as error:  # values that are none, identifiers that are missing: pydicom raises anything
        raise HeldBack("Its header holds values that could not be cleaned.") from error
    if told := still_named(clean, original):
        raise HeldBack(f"Its header repeats the patient’s name or number where none belongs ({told}).")
    try:
        values = stored_values(clean, original)
    except Exception as error:  # decoders raise anything on hostile bytes
        raise HeldBack("Its pixels could not be decoded.") from error
    values, lines = _without_letters(clean, values, reader)
    if not lines and str(original.get("BurnedInAnnotation", "")).upper() == "YES":
        raise HeldBack("Its header says that letters are burnt into it, and none were found.")
    put_back(clean, values)
    clean.BurnedInAnnotation = "NO"
    add_code(clean, "113101")
    return Nameless(as_file(clean), lines)


def reader_of_letters() -> Reader | None:
    """What reads letters here, or None."""
    try:
        return Reader()
    except NoReader:
        return None


def _read(path: Path, record: FilmRecord | None, max_pixels: int) -> Dataset:
    if record is not None:
        made = secondary_capture(path, record, max_pixels=max_pixels)
        return dcmread(io.BytesIO(made))
    try:
        film = dcmread(path, force=True)
        if int(film.Rows) * int(film.Columns) > max_pixels:
            raise HeldBack("It has too many pixels.")
    except HeldBack:
        raise
    except Exception as error:  # as above
        raise HeldBack("Its header could not be read.") from error
    if "TransferSyntaxUID" not in film.file_meta:
        film.file_meta.TransferSyntaxUID = UID(_guessed(film))
    return film


def _guessed(film: Dataset) -> str:
    """The transfer syntax of a file without meta information, by how it had to be read."""
    implicit, little = film.original_encoding
    if not little:
        return "1.2.840.10008.1.2.2"
    return "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"


def _without_letters(clean: Dataset, values: NDArray[Any], reader: Reader) -> tuple[NDArray[Any], int]:
    """The values with every line covered that is no marker, and how many there were."""
    covered, count = np.zeros(values.shape[:2], dtype=bool), 0
    for _ in range(_ROUNDS):
        lines = reader.lines_that_may_name(as_picture(clean, values))
        if not lines:
            return values, count
        count += len(lines)
        boxes = [line.box for line in lines]
        values = blackened(clean, values, boxes)
        for box in boxes:
            covered[box.top : box.top + box.height, box.left : box.left + box.width] = True
        if covered.mean() > _MOST_COVERED:
            raise HeldBack("Letters cover too much of it to be taken out.")
    raise HeldBack("Letters could still be read on it after they were covered.")
