"""What tests of DICOM films ask again and again."""

import io
from typing import Any

import pytest

from diagnosis.imaging.dicom.header import DicomHeader
from diagnosis.imaging.header import inspect
from diagnosis.imaging.refusal import FilmRefused
from tests.dicom_films import make_film


def header_of(content: bytes | None = None, *, character_set: str = "", **film: Any) -> DicomHeader:
    """The header of a film, or of one made so."""
    found = inspect(
        io.BytesIO(make_film(**film) if content is None else content), character_set=character_set
    )
    assert isinstance(found, DicomHeader)
    return found


def refusal_of(content: bytes | None = None, **film: Any) -> FilmRefused:
    """Why a film, or one made so, is refused by its header."""
    with pytest.raises(FilmRefused) as caught:
        inspect(io.BytesIO(make_film(**film) if content is None else content))
    return caught.value
