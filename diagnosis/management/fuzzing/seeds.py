"""Whole films that broken ones are made of: drawn chests as DICOM, PNG and JPEG; no person's film."""

import functools
import io
import random
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filereader import dcmread
from pydicom.filewriter import dcmwrite
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from diagnosis.imaging.dicom.kinds import CR
from diagnosis.imaging.dicom.syntaxes import BASELINE, BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT
from diagnosis.imaging.phantom import draw_phantom
from diagnosis.management.fuzzing.elements import (
    DicomFile,
    Tag,
    dataset_start,
    deflated,
    inflated,
    replaced,
)

DICOM, PNG, JPEG, OTHER = "dicom", "png", "jpeg", "other"
SIDE: Final = 192
DRAWN: Final = 6
PATIENTS: Final = 12
STUDIES: Final = 4  # of each patient
SYNTAXES: Final = (
    EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED, BASELINE, str(RLELossless), str(JPEG2000Lossless),
    str(JPEGLSLossless),
)  # fmt: skip
_ROOT: Final = "1.2.826.0.1.3680043.8.498.77"
_NAMES: Final = ("Phantom^Ada", "Phantom^Bela", "Phantom^Cleo")


@dataclass(frozen=True)
class Seed:
    """A whole film. syntax, sop_class, sop_uid: of a DICOM film, as an association names them."""

    content: bytes
    kind: str
    syntax: str = EXPLICIT
    sop_class: str = CR
    sop_uid: str = f"{_ROOT}.0"


def film(chance: random.Random, number: int, whose: tuple[int, int] | None = None) -> Seed:
    """A DICOM film: mostly a new one of a patient that others are of, now and then one that contradicts.

    whose: patient and study, as numbers below PATIENTS and STUDIES; by chance if None.
    """
    syntax = chance.choice(SYNTAXES)
    patient, which = whose or (chance.randrange(PATIENTS), chance.randrange(STUDIES))
    known = whose is not None or chance.random() < 0.7
    study = study_uid(patient, which) if known else f"{_ROOT}.9{number}"
    odd = chance.random()
    sop_uid = f"{_ROOT}.1.{chance.randrange(20)}" if odd < 0.06 else f"{_ROOT}.2.{number}"
    sop_uid += f".{chance.randrange(10**6)}"[: 0 if odd < 0.06 else None]
    of = patient + (1 if 0.06 < odd < 0.12 else 0)
    texts: dict[Tag, str] = {
        (0x0008, 0x0018): sop_uid,
        (0x0020, 0x000D): study,
        (0x0020, 0x000E): f"{study}.1",
        (0x0010, 0x0020): f"F-{of}" if odd < 0.95 else "",
        (0x0010, 0x0010): _NAMES[of % len(_NAMES)],
    }
    content = _with(_drawn(syntax, chance.randrange(DRAWN)), syntax, texts)
    return Seed(content, DICOM, syntax, CR, sop_uid)


def study_uid(patient: int, which: int) -> str:
    """The identifier of a patient’s study."""
    return f"{_ROOT}.{patient}.{which}"


def _with(content: bytes, syntax: str, texts: dict[Tag, str]) -> bytes:
    if syntax == BIG_ENDIAN:
        return _written(_texts_set(content, texts), syntax)
    if syntax != DEFLATED:
        return replaced(DicomFile.of(content, syntax), texts).content
    start = dataset_start(content)
    file = DicomFile.of(content[:start] + inflated(content[start:]), EXPLICIT)
    return content[:start] + deflated(replaced(file, texts).content[start:])


def _texts_set(content: bytes, texts: dict[Tag, str]) -> Dataset:
    data = dcmread(io.BytesIO(content))
    for tag, text in texts.items():
        data[tag].value = text
    return data


def picture(chance: random.Random, number: int) -> Seed:
    """A PNG or JPEG, each with bytes of its own."""
    kind = chance.choice((PNG, JPEG))
    image = _image(chance.randrange(DRAWN)).copy()
    image.putpixel((number % SIDE, number // SIDE % SIDE), number % 251)
    if kind == PNG and chance.random() < 0.3:
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    stream = io.BytesIO()
    options = {"quality": 85, "progressive": chance.random() < 0.3} if kind == JPEG else {}
    image.save(stream, kind.upper(), **options)
    return Seed(stream.getvalue(), kind)


def found_in(folder: Path) -> list[Seed]:
    """The files of a folder, as they are."""
    return [_found(path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()]


def _found(content: bytes) -> Seed:
    if content.startswith((b"\x89PNG", b"\xff\xd8")):
        return Seed(content, PNG if content.startswith(b"\x89PNG") else JPEG)
    head = content[:1024]
    place = head.find(b"\x02\x00\x10\x00UI")
    if place < 0:
        return Seed(content, DICOM if b"DICM" in head else OTHER, IMPLICIT)
    length = int.from_bytes(head[place + 6 : place + 8], "little")
    syntax = head[place + 8 : place + 8 + length].rstrip(b"\0").decode("ascii", "replace")
    return Seed(content, DICOM, syntax)


@functools.cache
def _image(drawn: int) -> Image.Image:
    kind = ("normal", "hazy", "dense")[drawn % 3]
    return draw_phantom(seed=drawn, kind=kind).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


@functools.cache
def _drawn(syntax: str, drawn: int) -> bytes:
    """A film as pydicom writes it; the same for each input, which then gets identifiers of its own."""
    data = Dataset()
    data.SpecificCharacterSet, data.SOPClassUID = "ISO_IR 192", CR
    data.SOPInstanceUID = f"{_ROOT}.3.{drawn}"
    data.StudyInstanceUID, data.SeriesInstanceUID = f"{_ROOT}.4.{drawn}", f"{_ROOT}.4.{drawn}.1"
    data.StudyDate, data.StudyTime, data.AccessionNumber = "20260102", "101500", f"A-{drawn}"
    data.Modality, data.Manufacturer, data.StudyDescription = "CR", "Phantom Works", "Cough"
    data.PatientID, data.PatientName = f"F-{drawn}", _NAMES[drawn % len(_NAMES)]
    data.PatientBirthDate, data.PatientSex = "19700304", "F"
    data.BodyPartExamined, data.ViewPosition, data.PatientOrientation = "CHEST", "PA", ["L", "F"]
    data.SeriesNumber, data.InstanceNumber, data.ImageType = 1, 1, ["ORIGINAL", "PRIMARY"]
    data.WindowCenter, data.WindowWidth = "2048", "4096"
    _fill(data, syntax, drawn)
    return _written(data, syntax)


def _fill(data: Dataset, syntax: str, drawn: int) -> None:
    levels = np.asarray(_image(drawn))
    data.Rows, data.Columns = levels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    deep = syntax != BASELINE
    data.BitsAllocated, data.BitsStored, data.HighBit = (16, 12, 11) if deep else (8, 8, 7)
    data.PixelRepresentation = 0
    if deep:
        data.PixelData = (
            (levels.astype("<u2") * 16).astype(">u2" if syntax == BIG_ENDIAN else "<u2").tobytes()
        )
        data["PixelData"].VR = "OW"
        return
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "JPEG", quality=90)
    data.PixelData = encapsulate([stream.getvalue()])
    data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", True


def _written(data: Dataset, syntax: str) -> bytes:
    head = FileMetaDataset()
    head.MediaStorageSOPClassUID, head.MediaStorageSOPInstanceUID = data.SOPClassUID, data.SOPInstanceUID
    compressed = syntax in (str(RLELossless), str(JPEG2000Lossless), str(JPEGLSLossless))
    head.TransferSyntaxUID = EXPLICIT if compressed else syntax  # type: ignore[assignment]  # a text does
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = FileDataset(stream, data, file_meta=head, preamble=b"\0" * 128)
        if compressed:
            file.compress(syntax, generate_instance_uid=False)
        dcmwrite(
            stream, file, implicit_vr=syntax == IMPLICIT, little_endian=syntax != BIG_ENDIAN,
            enforce_file_format=True,
        )  # fmt: skip
    return stream.getvalue()
