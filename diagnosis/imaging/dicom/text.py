"""Decodes the text of a DICOM header, strictly: what cannot be read stays what it is.

In this order: by the header's Specific Character Set, if there is none by ASCII, and last by the fallback
that is given for films of this sender.
"""

import re
import unicodedata
from functools import cache
from typing import Final

from diagnosis.imaging.dicom.elements import Elements

_CHARACTER_SET: Final = 0x00080005
_PARTS: Final = re.compile(rb"^[^\x1b]+|\x1b[^\x1b]*")
_SEPARATORS: Final = re.compile(r"[\s_-]+")
_ASCII: Final = "ascii"
_DELIMITERS: Final = frozenset(b"\r\n\f\t\\^=")


class Text:
    """Reads the text values of one header. character_set: the terms that were used. assumed: by fallback.

    unreadable: keyword -> the raw value, printable, of what could not be decoded.
    """

    def __init__(self, found: Elements, fallback: str = "") -> None:
        self._found = found
        value = found.values.get(_CHARACTER_SET)
        raw = value.content.decode("latin-1").strip("\0 ") if value else ""
        self._encodings = _encodings(raw)
        self._fallback = _encodings(fallback) if fallback else None
        self.character_set = raw
        self._fallback_term = fallback
        self.assumed = False
        self.unreadable: dict[str, str] = {}
        if self._encodings is None:
            self.unreadable["SpecificCharacterSet"] = printable(raw.encode("latin-1"))

    def text(self, tag: int, keyword: str, *, within: Elements | None = None) -> str:
        """A value in Unicode, "" if there is none or if it cannot be read; then it is in `unreadable`."""
        value = (within or self._found).values.get(tag)
        if value is None:
            return ""
        raw = value.content.strip(b"\0 ")
        decoded = self._decoded(raw)
        if decoded is None or len(raw) < min(value.length, 1) or value.length > len(value.content):
            self.unreadable[keyword] = printable(raw)
            return ""
        return unicodedata.normalize("NFC", decoded).strip()

    def plain(self, tag: int, *, within: Elements | None = None) -> str:
        """A value of digits, codes and identifiers; what is not ASCII in it is left out."""
        value = (within or self._found).values.get(tag)
        raw = value.content if value else b""
        return raw.decode("ascii", "ignore").replace("\0", " ").strip()

    def raw(self, tag: int) -> str:
        """A value as it stands, printable."""
        value = self._found.values.get(tag)
        return printable(value.content.strip(b"\0 ")) if value else ""

    def _decoded(self, raw: bytes) -> str | None:
        if self._encodings is not None and (decoded := _strictly(raw, self._encodings)) is not None:
            return decoded
        if self._fallback is None or (decoded := _strictly(raw, self._fallback)) is None:
            return None
        self.assumed, self.character_set = True, self._fallback_term
        return decoded


def printable(raw: bytes) -> str:
    """Bytes as ASCII, the others as \\xNN."""
    text = raw[:256].decode("ascii", "backslashreplace")
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def _encodings(terms: str) -> list[str] | None:
    """Python's names for the terms of a Specific Character Set; None if one is unknown."""
    from pydicom.charset import STAND_ALONE_ENCODINGS

    names, known = list[str](), _known_encodings()
    listed = [_SEPARATORS.sub(" ", term.strip().upper()) for term in terms.split("\\")]
    for place, term in enumerate(listed):
        if term in ("", "ISO IR 6", "ISO 2022 IR 6"):
            names.append(_ASCII)
            continue
        if term not in known:
            return None
        if known[term][0] in STAND_ALONE_ENCODINGS:
            if place == 0:
                return [known[term][1]]
            continue  # it cannot extend another
        names.append(known[term][1])
    return names


@cache
def _known_encodings() -> dict[str, tuple[str, str]]:
    """The standard's terms, spelled with spaces alone: each with its own spelling and Python's name."""
    from pydicom.charset import python_encoding

    return {_SEPARATORS.sub(" ", term): (term, name) for term, name in python_encoding.items() if term}


def _strictly(raw: bytes, encodings: list[str]) -> str | None:
    """The text in Unicode, or None if these encodings don't fit it."""
    try:
        if b"\x1b" not in raw:
            decoded = raw.decode(encodings[0])
        else:
            decoded = "".join(_part(part, encodings) for part in _PARTS.findall(raw))
    except (UnicodeError, LookupError):
        return None
    strange = any(
        unicodedata.category(letter) in ("Cc", "Cn", "Cs") and letter not in "\r\n\f\t" for letter in decoded
    )
    return None if strange or "\ufffd" in decoded else decoded


def _part(part: bytes, encodings: list[str]) -> str:
    """A part that may begin with an escape sequence, which holds until a delimiter."""
    from pydicom.charset import CODES_TO_ENCODINGS, default_encoding, handled_encodings

    if not part.startswith(b"\x1b"):
        return part.decode(encodings[0])
    length = 4 if part.startswith((b"\x1b$(", b"\x1b$)")) else 3
    encoding = CODES_TO_ENCODINGS.get(part[:length], "")
    if encoding == default_encoding:
        encoding = _ASCII
    elif encoding not in encodings:
        raise LookupError(encoding)
    if encoding in handled_encodings and encoding.startswith("iso2022"):
        return part.decode(encoding)
    part = part[length:]
    end = next((place for place, letter in enumerate(part) if letter in _DELIMITERS), len(part))
    return part[:end].decode(encoding) + part[end:].decode(encodings[0])
