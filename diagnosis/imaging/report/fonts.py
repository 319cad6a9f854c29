"""The letters of a document, cut out of Noto fonts as a font that a PDF can carry.

The packages hold whole variable fonts, Chinese ones with outlines that ReportLab cannot embed. So of each
font the letters that the document needs are drawn anew, in the weight that it needs. What has no letter in
any of them is drawn as an empty box, and `missing` names it.
"""

import functools
import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from reportlab.pdfbase import pdfmetrics, ttfonts

REGULAR, BOLD = 400, 700
# package, file in it, number in a collection: Latin, Greek, Cyrillic; Arabic; Chinese, Japanese, Korean
SOURCES: Final = (
    ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf", -1),
    ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf", -1),
    ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc", 2),
)
SHAPE: Final = 1.0  # how far a curve may lie off the one it replaces, in units of a thousand
ALWAYS: Final = "".join(map(chr, range(0x20, 0x7F))) + "·–—’“”…□×"
_numbers = itertools.count()


@dataclass(frozen=True)
class Letters:
    """The fonts of a document, by weight: ReportLab's name and what each has."""

    names: dict[int, tuple[tuple[str, frozenset[str]], ...]]

    def runs(self, text: str, weight: int) -> list[tuple[str, str]]:
        """The text in pieces of one font each; a letter that no font has becomes an empty box."""
        pieces: list[tuple[str, str]] = []
        for letter in text:
            name, shown = self._of(letter, weight, pieces[-1][0] if pieces else "")
            if pieces and pieces[-1][0] == name:
                pieces[-1] = (name, pieces[-1][1] + shown)
            else:
                pieces.append((name, shown))
        return pieces

    def width(self, text: str, weight: int, size: float) -> float:
        return sum(pdfmetrics.stringWidth(piece, name, size) for name, piece in self.runs(text, weight))

    def missing(self, text: str) -> bool:
        """Whether a letter of the text cannot be drawn."""
        return any(
            not any(letter in has for _, has in self.names[REGULAR]) for letter in text if letter > " "
        )

    def _of(self, letter: str, weight: int, last: str) -> tuple[str, str]:
        fonts = self.names[weight]
        if letter == " " and last:  # stays with the word before it
            return last, letter
        return next(((name, letter) for name, has in fonts if letter in has), (fonts[0][0], "□"))


@contextmanager
def letters_for(text: str) -> Iterator[Letters]:
    """The fonts with the letters of a text, known to ReportLab as long as this lasts."""
    wanted = frozenset(letter for letter in text + ALWAYS if letter >= " ")
    names: dict[int, tuple[tuple[str, frozenset[str]], ...]] = {}
    try:
        for weight in (REGULAR, BOLD):
            names[weight] = ()  # kept as it grows: what is registered is taken back in any case
            left = wanted
            for source in range(len(SOURCES)):
                letters, left = left & _has(source), left - _has(source)
                if not letters:
                    continue
                name = f"letters {next(_numbers)}"
                cut = io.BytesIO(_cut(source, letters | {" "}, weight))
                # not `registerFont`: it takes a font whose inner name it knows for the one it had before
                pdfmetrics._fonts[name] = ttfonts.TTFont(name, cut, asciiReadable=source == 0)
                names[weight] += ((name, letters),)
        yield Letters(names)
    finally:
        for fonts in names.values():
            for name, _ in fonts:
                pdfmetrics._fonts.pop(name, None)


@functools.cache
def _whole(source: int) -> TTFont:
    package, file, number = SOURCES[source]
    return TTFont(str(files(package) / file), fontNumber=number, lazy=True)


@functools.cache
def _has(source: int) -> frozenset[str]:
    return frozenset(map(chr, _whole(source).getBestCmap()))


@functools.lru_cache(maxsize=16)
def _cut(source: int, letters: frozenset[str], weight: int) -> bytes:
    """A TrueType font of these letters alone, in one weight."""
    whole = _whole(source)
    outlines = whole.getGlyphSet(location={"wght": weight})
    known: dict[int, str] = whole.getBestCmap()
    cmap = {ord(letter): known[ord(letter)] for letter in sorted(letters) if ord(letter) in known}
    order = [".notdef", *dict.fromkeys(cmap.values())]
    units = whole["head"].unitsPerEm
    glyphs = {name: _glyph(outlines, name, SHAPE * units / 1000) for name in order}
    rise, fall = whole["hhea"].ascent, whole["hhea"].descent
    font = FontBuilder(units, isTTF=True)
    font.setupGlyphOrder(order)
    font.setupHead(unitsPerEm=units, created=0, modified=0)
    font.setupCharacterMap(cmap)
    font.setupGlyf(glyphs)
    table = font.font["glyf"]
    font.setupHorizontalMetrics(
        {name: (round(outlines[name].width), getattr(table[name], "xMin", 0)) for name in order}
    )
    font.setupHorizontalHeader(ascent=rise, descent=fall)
    name = f"CarinaReport{source}-{weight}"
    font.setupNameTable({"familyName": name, "styleName": "Regular", "psName": name, "fullName": name})
    font.setupOS2(sTypoAscender=rise, sTypoDescender=fall, usWeightClass=weight)
    font.setupPost()
    font.font.recalcTimestamp = False
    stream = io.BytesIO()
    font.save(stream)
    return stream.getvalue()


def _glyph(outlines: Any, name: str, error: float) -> Any:
    """A letter's outline without parts of other letters, its curves as TrueType has them."""
    record = DecomposingRecordingPen(outlines)
    outlines[name].draw(record)
    pen = TTGlyphPen(None)
    record.replay(Cu2QuPen(pen, error, reverse_direction=False))
    return pen.glyph()
