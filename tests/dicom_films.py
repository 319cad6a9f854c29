"""DICOM films that tests start from, written by pydicom from drawn chests: no person's film."""

import functools
import io
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import config, dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from diagnosis.imaging.dicom import syntaxes
from diagnosis.imaging.dicom.kinds import CR
from diagnosis.imaging.dicom.rule import Window
from tests.plain_phantom import draw_phantom

# one root, so that UIDs made from a word are the same in each run
_ROOT: Final = "1.2.826.0.1.3680043.8.498."
_DCMTK: Final = {
    syntaxes.BASELINE: ("dcmcjpeg", "+eb", "+un", "+q", "98"),
    syntaxes.EXTENDED: ("dcmcjpeg", "+ee", "+un", "+q", "98"),
    "1.2.840.10008.1.2.4.57": ("dcmcjpeg", "+el", "+un"),
    syntaxes.LOSSLESS: ("dcmcjpeg", "+e1", "+un"),
    syntaxes.LS: ("dcmcjpls", "+el", "+un"),
    syntaxes.LS_LOSSY: ("dcmcjpls", "+en", "+un"),
    syntaxes.RLE: ("dcmcrle", "+un"),
    syntaxes.BIG_ENDIAN: ("dcmconv", "+tb"),
    syntaxes.DEFLATED: ("dcmconv", "+td"),
}


def uid(word: str) -> str:
    """The UID for a word: the same in each run."""
    return generate_uid(prefix=_ROOT, entropy_srcs=[word])


@functools.cache
def _drawn(seed: int, bits: int, side: int) -> NDArray[np.uint16]:
    image = draw_phantom(seed=seed).resize((side, side), Image.Resampling.BICUBIC)
    wide = np.asarray(image, dtype=np.float64) / 255
    grain = np.random.default_rng(seed).uniform(0, 1, wide.shape)  # the levels between 8 bits' ones
    return np.clip(np.rint((wide * 254 + grain) / 255 * ((1 << bits) - 1)), 0, (1 << bits) - 1).astype(
        np.uint16
    )


def chest(seed: int = 0, *, bits: int = 12, side: int = 512) -> NDArray[np.uint16]:
    """Pixels of a drawn chest, bone bright, of so many bits."""
    return _drawn(seed, bits, side).copy()


def make_film(
    pixels: NDArray[Any] | None = None,
    *,
    patient: str | None = "P-1",
    name: str | bytes | None = "Phantom^Ada",
    study_uid: str | None = None,
    series_uid: str | None = None,
    sop_uid: str | None = None,
    sop_class: str = CR,
    transfer_syntax: str = ExplicitVRLittleEndian,
    photometric: str = "MONOCHROME2",
    bits: int | None = None,
    seed: int = 0,
    preamble: bool = True,
    meta: bool = True,
    **tags: Any,
) -> bytes:
    """The bytes of a DICOM film.

    pixels: (rows, columns) or (rows, columns, 3), uint8, uint16 or int16; default: a drawn chest of 12 bits,
    by `seed`. bits: BitsStored, default: of the type, 12 for the drawn chest. patient: Patient ID; None
    leaves the element out, as for name. The UIDs default to ones made from `seed` and the patient. tags:
    further elements by keyword; None leaves one out. Compressed syntaxes other than JPEG 2000 are written by
    DCMTK.
    """
    if pixels is None:
        pixels, bits = chest(seed), bits or 12
    film = dataset(
        pixels, patient=patient, name=name, study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid,
        sop_class=sop_class, photometric=photometric, bits=bits, seed=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tests write what the standard forbids
        before = config.settings.writing_validation_mode
        config.settings.writing_validation_mode = config.IGNORE
        try:
            for keyword, value in tags.items():
                if value is None:
                    if keyword in film:
                        delattr(film, keyword)
                else:
                    setattr(film, keyword, value)
            return _written(film, transfer_syntax, preamble=preamble, meta=meta)
        finally:
            config.settings.writing_validation_mode = before


def dataset(
    pixels: NDArray[Any],
    *,
    patient: str | None = "P-1",
    name: str | bytes | None = "Phantom^Ada",
    study_uid: str | None = None,
    series_uid: str | None = None,
    sop_uid: str | None = None,
    sop_class: str = CR,
    photometric: str = "MONOCHROME2",
    bits: int | None = None,
    seed: int = 0,
) -> Dataset:
    """The elements of a film, uncompressed; see `make_film`."""
    film = Dataset()
    film.SpecificCharacterSet = "ISO_IR 192"
    film.SOPClassUID = sop_class
    film.SOPInstanceUID = sop_uid or uid(f"instance {patient} {seed}")
    film.StudyInstanceUID = study_uid or uid(f"study {patient} {seed}")
    film.SeriesInstanceUID = series_uid or uid(f"series {study_uid} {patient} {seed}")
    film.StudyDate, film.StudyTime, film.AccessionNumber, film.StudyID = "20260102", "101500", "A-1", "1"
    film.Modality, film.Manufacturer, film.ReferringPhysicianName = "CR", "Phantom Works", ""
    film.PatientBirthDate, film.PatientSex = "19700304", "F"
    if patient is not None:
        film.PatientID = patient
    if name is not None:
        film.PatientName = name
    film.BodyPartExamined, film.ViewPosition, film.PatientOrientation = "CHEST", "PA", ["L", "F"]
    film.SeriesNumber, film.InstanceNumber, film.ImageType = 1, 1, ["ORIGINAL", "PRIMARY"]
    _fill_pixels(film, pixels, photometric, bits)
    return film


def _fill_pixels(film: Dataset, pixels: NDArray[Any], photometric: str, bits: int | None) -> None:
    film.Rows, film.Columns = pixels.shape[:2]
    film.SamplesPerPixel = 1 if pixels.ndim == 2 else pixels.shape[2]
    film.PhotometricInterpretation = photometric
    if film.SamplesPerPixel > 1:
        film.PlanarConfiguration = 0
    film.BitsAllocated = 8 * pixels.dtype.itemsize
    film.BitsStored = bits or film.BitsAllocated
    film.HighBit = film.BitsStored - 1
    film.PixelRepresentation = int(pixels.dtype.kind == "i")
    content = np.ascontiguousarray(pixels).astype(pixels.dtype.newbyteorder("<")).tobytes()
    film.PixelData = content + b"\0" * (len(content) % 2)
    film["PixelData"].VR = "OB" if film.BitsAllocated == 8 else "OW"


def _written(film: Dataset, syntax: str, *, preamble: bool, meta: bool) -> bytes:
    implicit = syntax == syntaxes.IMPLICIT
    if syntax in ("1.2.840.10008.1.2.4.90", syntaxes.J2K):
        _compress_jpeg2000(film, syntax)
    elif syntax in _DCMTK:
        return by_dcmtk(_written(film, ExplicitVRLittleEndian, preamble=True, meta=True), *_DCMTK[syntax])
    head = FileMetaDataset()
    head.MediaStorageSOPClassUID, head.MediaStorageSOPInstanceUID = film.SOPClassUID, film.SOPInstanceUID
    head.TransferSyntaxUID = UID(syntax)
    stream = io.BytesIO()
    if meta:
        file = FileDataset(stream, film, file_meta=head, preamble=b"\0" * 128 if preamble else None)
        file.save_as(stream, enforce_file_format=preamble, implicit_vr=implicit, little_endian=True)
    else:
        film.save_as(stream, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    return stream.getvalue()


def _compress_jpeg2000(film: Dataset, syntax: str) -> None:
    from openjpeg.utils import encode_buffer

    options = {"compression_ratios": [8]} if syntax == syntaxes.J2K else {}
    stream = encode_buffer(
        film.PixelData, film.Columns, film.Rows, film.SamplesPerPixel, film.BitsStored,
        bool(film.PixelRepresentation), photometric_interpretation=1 if film.SamplesPerPixel == 3 else 0,
        use_mct=film.PhotometricInterpretation != "RGB", **options,
    )  # fmt: skip
    film.PixelData = encapsulate([stream])
    film["PixelData"].VR, film["PixelData"].is_undefined_length = "OB", True


def by_dcmtk(content: bytes, command: str, *options: str) -> bytes:
    """What a program of DCMTK makes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.dcm", Path(folder) / "after.dcm"
        before.write_bytes(content)
        subprocess.run([command, *options, before, after], check=True, capture_output=True)
        return after.read_bytes()


def shown_by_dcmtk(content: bytes, window: Window | None = None, *options: str) -> NDArray[np.uint8]:
    """A film's grey levels as DCMTK shows them: by its table or first window, or by the one asked for.

    DCMTK reads no JPEG 2000: such a film is decoded by pydicom before.
    """
    film = dcmread(io.BytesIO(content), force=True)
    syntax = film.file_meta.get("TransferSyntaxUID", syntaxes.IMPLICIT)
    if syntax.startswith(syntaxes.J2K[:-2]) and int(syntax[len(syntaxes.J2K) - 2 :]) >= 90:
        film.decompress()
        stream = io.BytesIO()
        film.save_as(stream)
        content = stream.getvalue()
    program = "dcml2pnm" if syntax in (syntaxes.LS, syntaxes.LS_LOSSY) else "dcmj2pnm"
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "film.dcm", Path(folder) / "film.pnm"
        before.write_bytes(content)
        command = [program, *_presentation(film, window), "-O", *options, "--write-8-bit-pnm", before, after]
        subprocess.run(command, check=True, capture_output=True)
        return np.asarray(Image.open(after).convert("L"))


def _presentation(film: Dataset, window: Window | None) -> list[str]:
    """DCMTK's options for the rule by which a film is shown."""
    function = (window.function if window else film.get("VOILUTFunction")) or "LINEAR"
    shape = ["+Wfs"] if function == "SIGMOID" else ["+Wfl"]
    if window is not None:
        return ["+Ww", str(window.centre), str(window.width), *shape]
    if film.get("VOILUTSequence"):
        return ["+Wl", "1"]
    if film.get("WindowCenter") not in (None, ""):
        return ["+Wi", "1", *shape]
    return ["-W"]
