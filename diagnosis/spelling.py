"""How text about patients is kept, what it may not contain, and the keys by which it is compared and found.

`tidy` keeps the spelling as it was typed (`accounts.letters`). Of two texts, the same `exact_key` means that
people read the same; the same `key` that a reader may take them for the same (marks, ligatures); the same
`look` that an eye may confuse them (N-1 and N1, 7 and 007, O and 0).
"""

import hashlib
import re
import unicodedata
from typing import Final

from accounts.letters import BLANKS, fault, tidy

__all__ = ["KEY_LENGTH", "exact_key", "fault", "key", "look", "tidy", "variants", "words"]

KEY_LENGTH: Final = 255

# Letters that differ from a plain one by more than a mark that Unicode takes off
_PLAIN: Final = str.maketrans(
    {
        "ı": "i", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "þ": "th",
        "ſ": "s", "ŋ": "n", "ə": "e", "ك": "ک", "ي": "ی", "ى": "ی", "ے": "ی", "ـ": "",
    }
)  # fmt: skip
_APOSTROPHES: Final = "'`´ʹʻʼʽʾʿˈˊˋ‘’‚‛′‵՚׳ꞌ＇"
_QUOTES: Final = '"“”„‟«»″‶〝〞＂'
_DASHES: Final = "−⁃˗﹣－‐‑‒–—―"
_SIGNS: Final = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'")
    | dict.fromkeys(_QUOTES, '"')
    | dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(BLANKS, None)
    | {"⁄": "/", "∕": "/", "\u2800": " "}
)
# What the eye takes for one another once everything but letters and digits is gone
_CONFUSED: Final = str.maketrans("oilаеорсухкмнтвіјѕοαερτυνικ", "011ae0pcyxkmhtb1js0aeptuv1k")
_GERMAN: Final = ((("ae", "oe", "ue"), ("a", "o", "u")), (("ä", "ö", "ü"), ("ae", "oe", "ue")))


def key(text: str) -> str:
    """The key by which numbers and names are unique and found: also without marks, ligatures and ß."""
    return _fitting(_folded(text, marks=False))


def exact_key(text: str) -> str:
    """The key of texts that people read as the same: case, width, kinds of dash, space and digit apart."""
    return _fitting(_folded(text, marks=True))


def look(text: str) -> str:
    """The key of numbers that an eye may confuse: letters and digits alone, no leading zeros, O as 0."""
    plain = "".join(letter for letter in key(text) if letter.isalnum()).translate(_CONFUSED)
    return re.sub(r"(?<!\d)0+(?=\d)", "", plain)


def words(text: str) -> list[str]:
    """The keys of the words of a search: split at spaces, commas, semicolons, quotes, brackets and carets."""
    parts = (part.strip("'") for part in re.split(r"[\s,;\"()^|]+", key(text)))
    return [part for part in parts if part]


def variants(text: str) -> list[list[str]]:
    """For each word of a search its key, and those of its other German spelling (Müller, Mueller)."""
    found = [words(text)]
    small = unicodedata.normalize("NFC", text).casefold()
    for old, new in _GERMAN:
        other = small
        for before, after in zip(old, new, strict=True):
            other = other.replace(before, after)
        found.append(words(other))
    if len({len(spelt) for spelt in found}) != 1:
        found = found[:1]
    return [sorted(set(spellings)) for spellings in zip(*found, strict=True)]


def _folded(text: str, *, marks: bool) -> str:
    # Signs first: Unicode takes ´ for a space with a mark.
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)
    text = text.replace("İ", "i").casefold()
    if not marks:
        text = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
        text = "".join(letter for letter in text if not _is_mark(letter))
    else:
        text = text.replace("ı", "i").replace("\u0307", "")
    text = "".join(_one(letter) for letter in unicodedata.normalize("NFC", text))
    return " ".join(text.split())


def _one(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind == "Nd":
        return str(unicodedata.decimal(letter))
    if kind == "Pd":
        return "-"
    return "" if (kind in ("Cf", "Cc", "Cs") and not letter.isspace()) or _is_selector(letter) else letter


def _is_mark(letter: str) -> bool:
    """Whether this is an accent, dot or vowel point; the signs of Indic, Thai and kana make other letters."""
    place = unicodedata.combining(letter)
    return 10 <= place <= 36 or place >= 200


def _is_selector(letter: str) -> bool:
    return (
        "\ufe00" <= letter <= "\ufe0f"
        or "\U000e0100" <= letter <= "\U000e01ef"
        or letter in "\u180b\u180c\u180d"
    )


def _fitting(folded: str) -> str:
    """The key, its end replaced by a digest where folding made it too long for its column."""
    if len(folded) <= KEY_LENGTH:
        return folded
    digest = hashlib.sha256(folded.encode(errors="surrogatepass")).hexdigest()
    return folded[: KEY_LENGTH - 65] + " " + digest
