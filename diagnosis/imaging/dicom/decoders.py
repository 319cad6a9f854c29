"""Decodes compressed pixel data by the libraries that do it: GDCM, CharLS, OpenJPEG and, for RLE, pydicom.

The stream's own marks choose the decoder, not the transfer syntax that the file names.
"""

from typing import Any, Final

import gdcm
import jpeg_ls
import numpy as np
import openjpeg
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import RLELossless

from diagnosis.imaging.dicom.layout import PixelLayout
from diagnosis.imaging.dicom.syntaxes import HTJ2K, LS, LS_LOSSY, RLE, Stream, fits
from diagnosis.imaging.refusal import EXPORT_AGAIN, FilmRefused, Refusal

Samples = NDArray[np.unsignedinteger]
_REVERSIBLE: Final = ("YBR_RCT", "YBR_ICT")


def decoded(frame: bytes, layout: PixelLayout, stream: Stream) -> Samples:
    """The samples of a compressed frame, (rows, columns) or (rows, columns, 3).

    Raises FilmRefused, or whatever the libraries raise at damaged bytes.
    """
    if fits(stream.syntax, HTJ2K) or stream.syntax.endswith((".90", ".91")):
        samples = openjpeg.decode(frame)
        samples = samples.view(f"u{samples.dtype.itemsize}")
    elif stream.syntax in (LS, LS_LOSSY) and layout.samples == 1:
        buffer, facts = jpeg_ls.decode_pixel_data(frame)
        samples = np.frombuffer(buffer, np.uint8 if facts["bits_per_sample"] <= 8 else "<u2")
    elif stream.syntax == RLE:
        samples = _by_pydicom(frame, layout)  # GDCM takes three times as long and mixes up deep colour
    else:
        samples = _by_gdcm(frame, layout, stream)
    shape = (layout.rows, layout.columns, layout.samples)[: 2 if layout.samples == 1 else 3]
    if samples.dtype.itemsize > 2 or samples.size != np.prod(shape):
        raise FilmRefused(
            Refusal.DAMAGED,
            "The film's compressed picture is not of the size that its header says.",
            EXPORT_AGAIN,
        )
    return samples.reshape(shape)


def _by_pydicom(frame: bytes, layout: PixelLayout) -> Samples:
    options: dict[str, Any] = {
        "rows": layout.rows,
        "columns": layout.columns,
        "samples_per_pixel": layout.samples,
        "photometric_interpretation": layout.photometric,
        "planar_configuration": int(layout.planar),
        "bits_allocated": layout.allocated,
        "bits_stored": layout.stored,
        "pixel_representation": 0,
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
    }
    decoder, source = get_decoder(RLELossless), encapsulate([frame])
    samples, _ = decoder.as_array(source, raw=True, decoding_plugin="pydicom", **options)
    return samples


def gives_rgb(layout: PixelLayout, stream: Stream) -> bool:
    """Whether decoded colour is RGB, and not brightness with two of colour."""
    if layout.photometric in _REVERSIBLE or layout.photometric == "RGB":
        return True
    return stream.syntax != RLE and layout.photometric != "YBR_FULL" and layout.photometric != "YBR_FULL_422"


def _by_gdcm(frame: bytes, layout: PixelLayout, stream: Stream) -> Samples:
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((layout.columns, layout.rows, 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(layout.photometric)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    if layout.samples > 1:
        image.SetPlanarConfiguration(int(layout.planar))
    name = gdcm.TransferSyntax.GetTSType(stream.syntax)
    image.SetTransferSyntax(gdcm.TransferSyntax(name))
    bits = stream.bits or layout.allocated
    allocated = 8 if bits <= 8 else 16
    image.SetPixelFormat(gdcm.PixelFormat(layout.samples, allocated, bits, bits - 1, 0))
    buffer = image.GetBuffer().encode("utf-8", "surrogateescape")  # GDCM gives bytes as text
    samples: Samples = np.frombuffer(buffer, np.uint8 if allocated == 8 else "<u2")
    return samples
