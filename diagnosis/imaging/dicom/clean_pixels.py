"""The pixels of a film without a name: nothing above its stored bits, no codec's comments, no letters."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ExplicitVRLittleEndian

from diagnosis.imaging.dicom.secondary_capture import put_bytes

_DROPPED: Final = ("PlanarConfiguration", "FloatPixelData", "DoubleFloatPixelData", "PixelDataProviderURL",
                   "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "DataSetTrailingPadding")  # fmt: skip


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels."""

    left: int
    top: int
    width: int
    height: int


def stored_values(film: Dataset, original: Dataset) -> NDArray[Any]:
    """The film's values with all that lies outside its stored bits cleared.

    Raises ValueError if it has several frames.

    original: the dataset with the pixel data and the transfer syntax that it came in.
    """
    values = pixel_array(original)
    colour = int(film.SamplesPerPixel) > 1
    if values.ndim != (3 if colour else 2):
        raise ValueError("the film has several frames")
    if colour or values.dtype.kind == "f":
        return np.ascontiguousarray(values)
    stored, high = int(film.BitsStored), int(film.HighBit)
    signed = bool(film.PixelRepresentation)
    bits = values.astype(np.int64) >> max(0, high + 1 - stored)
    bits &= (1 << stored) - 1
    if signed:
        bits = np.where(bits >> (stored - 1), bits - (1 << stored), bits)
    return np.ascontiguousarray(bits.astype(values.dtype))


def put_back(film: Dataset, values: NDArray[Any]) -> None:
    """Store the values uncompressed, with a header that describes them."""
    for name in _DROPPED:
        if name in film:
            delattr(film, name)
    film.Rows, film.Columns = values.shape[:2]
    film.BitsAllocated = 8 * values.itemsize
    if values.ndim > 2:
        film.PhotometricInterpretation, film.PlanarConfiguration = "RGB", 0
        film.BitsStored = film.BitsAllocated
    film.HighBit = int(film.BitsStored) - 1
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    put_bytes(film, values)


def blackened(film: Dataset, values: NDArray[Any], boxes: list[Box]) -> NDArray[Any]:
    """The values with black rectangles in the boxes' place."""
    inverted = film.PhotometricInterpretation == "MONOCHROME1"
    masked = values.copy()
    black = values.max() if inverted else values.min()
    for box in boxes:
        masked[box.top : box.top + box.height, box.left : box.left + box.width] = black
    return masked


def as_picture(film: Dataset, values: NDArray[Any]) -> NDArray[np.uint8]:
    """The film as a reader of letters looks at it: grey, 8 bits, from its darkest to its brightest value.

    Letters are as often as not the extreme value of a film, so that no window may cut them off.
    """
    grey = values.mean(axis=2) if values.ndim > 2 else values.astype(np.float64)
    low, high = float(grey.min()), float(grey.max())
    scaled = (grey - low) / max(1e-9, high - low)
    if film.PhotometricInterpretation == "MONOCHROME1":
        scaled = 1 - scaled
    return np.asarray(np.rint(scaled * 255), dtype=np.uint8)
