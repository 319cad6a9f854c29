"""Says which object a DICOM file is, also one that is refused, so that its sender knows which."""

from typing import Final

from diagnosis.imaging.dicom.elements import read_elements
from diagnosis.imaging.header.film import FilmSource
from diagnosis.imaging.refusal import FilmRefused

_SOP_CLASS: Final = 0x00080016
_SOP_INSTANCE: Final = 0x00080018
_LONGEST: Final = 64


def identifiers(film: FilmSource) -> tuple[str, str]:
    """SOP class and SOP instance UID of a file; "" where it does not say."""
    try:
        found = read_elements(film, frozenset({_SOP_CLASS, _SOP_INSTANCE}), {}).found.values
    except FilmRefused:
        return "", ""
    texts = [
        found[tag].content.decode("ascii", "replace") if tag in found else ""
        for tag in (_SOP_CLASS, _SOP_INSTANCE)
    ]
    sop_class, instance = (
        "".join(sign for sign in text if sign in "0123456789.")[:_LONGEST] for text in texts
    )
    return sop_class, instance
