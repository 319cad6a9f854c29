"""Why a film is refused: a code for programs and two sentences for people."""

from enum import StrEnum
from typing import Final

EXPORT_AGAIN: Final = "Export the film again from the X-ray system and send the new file."


class Refusal(StrEnum):
    """What is wrong with a file; the values are stored and are part of the API."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED = "unsupported_format"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    TOO_COMPLEX = "too_complex"
    ANIMATED = "animated"
    DAMAGED = "damaged"
    TRUNCATED = "truncated"
    STORAGE = "not_stored"
    OTHER_STUDY = "other_study"
    UID_TAKEN = "uid_taken"
    HEADER_MISMATCH = "header_mismatch"
    NEEDS_PATIENT = "needs_patient"
    HELD = "held"
    # DICOM
    DICOMDIR = "dicomdir"
    NO_FILM = "no_film"
    OTHER_MODALITY = "other_modality"
    OTHER_BODY_PART = "other_body_part"
    FOR_PROCESSING = "for_processing"
    MULTI_FRAME = "multi_frame"
    NO_PIXELS = "no_pixels"
    ENCRYPTED = "encrypted"
    NO_IDENTIFIERS = "no_identifiers"
    TRANSFER_SYNTAX = "transfer_syntax"
    PIXEL_KIND = "pixel_kind"


class DecodingTooSlow(Exception):
    """Decoding took longer than the `seconds` it is given and was stopped."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class FilmRefused(Exception):
    """A file that cannot be used.

    code: a `Refusal`, or the code of a later step such as the quality gate. message: what is wrong, without
    the file's name. advice: what to do. name: the sender's name for the file, "" until it is known. `str()`
    is the whole text: name, message and advice.
    """

    # All by place too: an exception that comes out of another process is made again from its `args`.
    def __init__(self, code: str, message: str, advice: str = "", name: str = "") -> None:
        super().__init__(code, message, advice, name)
        self.code, self.message, self.advice, self.name = str(code), message, advice, name

    @property
    def text(self) -> str:
        """What is wrong and what to do, without the file's name."""
        return " ".join(part for part in (self.message, self.advice) if part)

    def __str__(self) -> str:
        return f"{self.name or 'The file'}: {self.text}"

    def named(self, name: str) -> "FilmRefused":
        """The same refusal with the file's name."""
        return type(self)(self.code, self.message, self.advice, name=name)
