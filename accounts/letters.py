"""How a typed text is kept, and what no name may contain: the same rule for patients, people and clinics."""

import unicodedata
from typing import Final

# Letters and symbols that show nothing, although Unicode does not count them as format characters
BLANKS: Final = "\u115f\u1160\u17b4\u17b5\u3164\uffa0\u034f"
# Pasted along with a text, seen by nobody, and part of no spelling
_LITTER: Final = str.maketrans(dict.fromkeys("\u00ad\u200b\u2060\ufeff\u180e", None))
_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINES: Final = "\t\n\r"


def tidy(text: str) -> str:
    """The text as it is kept: composed Unicode, single spaces, none at the ends, no invisible litter."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_LITTER)).split())


def fault(text: str, *, lines: bool = False) -> str:
    """Why the text cannot be taken, in words, or ""; `lines`: whether it may have several."""
    for letter in text:
        kind = unicodedata.category(letter)
        if letter == "\ufffd":
            return "Some letters were lost on the way (�). Type them again, or send the text as UTF-8."
        if letter in _OVERRIDES:
            return "This contains a mark that turns the direction of the text. Type it by hand."
        if (kind == "Cc" and letter not in _LINES) or kind == "Cs":
            return "This contains a control character or half a letter. Type it by hand."
        if kind == "Cn" and (ord(letter) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(letter) <= 0xFDEF):
            return "This contains a character that is no letter. Type it by hand."
    if not lines and {"\n", "\r"} & set(text.strip()):
        return "This has to stand on one line."
    if tidy(text) and not any(_shows(letter) for letter in text):
        return "This has no letter or digit that can be seen."
    return ""


def _shows(letter: str) -> bool:
    return unicodedata.category(letter)[0] not in "CZ" and letter not in BLANKS and letter != "\u2800"


def reads_as(text: str) -> str:
    """The text as an eye compares it: case, width and invisible marks apart."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return tidy("".join(letter for letter in plain if unicodedata.category(letter) != "Cf"))
