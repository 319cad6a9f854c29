"""A DICOM film in explicit VR little endian, uncompressed: the encoding that every program can read."""

from pathlib import Path

from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

from diagnosis.imaging.dicom.nameless import HeldBack
from diagnosis.imaging.dicom.secondary_capture import as_file


def explicit_film(path: Path, *, max_pixels: int) -> bytes:
    """The film's file anew: the same elements and the same picture, its pixels decoded.

    Raises HeldBack where that cannot be done.
    """
    try:
        film = dcmread(path)
        syntax = film.file_meta.TransferSyntaxUID
        if int(film.Rows) * int(film.Columns) > max_pixels:
            raise HeldBack("It has too many pixels.")
        if syntax.is_compressed and not syntax.is_deflated:
            film.decompress(generate_instance_uid=False)
        elif not syntax.is_little_endian:
            raise HeldBack("It is stored big endian, which is not turned around here.")
        film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        return as_file(film)
    except HeldBack:
        raise
    except Exception as error:  # decoders raise anything on hostile bytes
        raise HeldBack("Its pixels could not be decoded.") from error
