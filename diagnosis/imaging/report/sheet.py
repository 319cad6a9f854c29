"""Pages of paper: where the next line goes, when a new page begins, and what stands on each of them."""

import hashlib
import io
from datetime import UTC, datetime
from typing import Any, Final

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from diagnosis.imaging.report import text as typeset
from diagnosis.imaging.report.document import Document
from diagnosis.imaging.report.fonts import BOLD, REGULAR, Letters

INK, QUIET, FAINT = HexColor("#1b1f24"), HexColor("#5a636e"), HexColor("#c9ced6")
PALE, TEAL, AMBER = HexColor("#f3f5f7"), HexColor("#0b6e6e"), HexColor("#9a5b00")
STATUS_COLOURS: Final = {"DRAFT": QUIET, "FINAL": TEAL, "AMENDED": AMBER}
MARGIN: Final = 45.0
FOOT: Final = 68.0  # kept free below for what stands on each page
LEADING: Final = 1.36
SIZES: Final = {"a4": A4, "letter": LETTER}


class _Numbered(Canvas):
    """A canvas that knows how many pages there are before it finishes the first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save_with(self, finish: Any) -> None:
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            finish(number, len(self._pages))
            super().showPage()
        super().save()


class Sheet:
    """The document's pages. `y`: where the next thing begins, from the lower edge."""

    def __init__(self, document: Document, letters: Letters) -> None:
        self.document, self.letters = document, letters
        self.page_width, self.page_height = SIZES[document.paper]
        self.left, self.width = MARGIN, self.page_width - 2 * MARGIN
        self._stream = io.BytesIO()
        self.canvas = _Numbered(self._stream, pagesize=SIZES[document.paper], invariant=1, pageCompression=1)
        self._steady()
        self.y = self.page_height - MARGIN
        self._first = True

    def _steady(self) -> None:
        """What ReportLab would take from the clock or its environment, it takes from the document."""
        inner = self.canvas._doc
        at = datetime.strptime(self.document.stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        inner._timeStamp.t, inner._timeStamp.lt = at.timestamp(), at.timetuple()
        inner._timeStamp.YMDhms = tuple(at.timetuple())[:6]
        named = f"{self.document.code} {self.document.stamp}"
        inner.signature = hashlib.md5(named.encode(), usedforsecurity=False)
        self.canvas.setTitle(f"Chest X-ray report {self.document.code}".strip())
        self.canvas.setAuthor(self.document.clinic)
        self.canvas.setCreator("Carina")
        self.canvas.setSubject(f"{self.document.status}. Research use only, not a medical device.")

    # ------------------------------------------------------------------ room

    @property
    def left_over(self) -> float:
        return self.y - FOOT

    def need(self, height: float) -> None:
        """Begin a new page unless this much room is left on this one."""
        if self.left_over < height:
            self.new_page()

    def new_page(self) -> None:
        self.canvas.showPage()
        self.y = self.page_height - MARGIN
        who = " · ".join(part for part in (self.document.patient, self.document.number) if part)
        self.line(who, size=9, weight=BOLD, at=self.y - 9)
        self.pill(self.page_width - MARGIN, self.y - 11)
        self.y -= 20
        self.rule()
        self.y -= 12

    def gap(self, height: float) -> None:
        self.y -= height

    # --------------------------------------------------------------- drawing

    def line(
        self, words: str, *, size: float, at: float, weight: int = REGULAR, left: float | None = None,
        colour: Color = INK, width: float | None = None, to_right: bool = False,
    ) -> float:  # fmt: skip
        """Draw one line as it is read, its base at this height; returns how wide it is."""
        shown = typeset.displayed(words)
        return self._put(shown, size, at, weight, left, colour, width, to_right)

    def _put(
        self, shown: str, size: float, at: float, weight: int, left: float | None, colour: Color,
        width: float | None, to_right: bool,
    ) -> float:  # fmt: skip
        wide = self.letters.width(shown, weight, size)
        x = self.left if left is None else left
        if to_right:
            x += (self.width if width is None else width) - wide
        self.canvas.setFillColor(colour)
        for name, piece in self.letters.runs(shown, weight):
            self.canvas.setFont(name, size)
            self.canvas.drawString(x, at, piece)
            x += self.canvas.stringWidth(piece, name, size)
        return wide

    def broken(self, words: str, *, size: float, weight: int = REGULAR, width: float) -> list[typeset.Line]:
        return typeset.lines(words, width, letters=self.letters, weight=weight, size=size)

    def text(
        self, words: str, *, size: float = 9.5, weight: int = REGULAR, left: float | None = None,
        width: float | None = None, colour: Color = INK, struck: bool = False, flows: bool = True,
        from_left: bool = False,
    ) -> None:  # fmt: skip
        """Draw text in lines, over several pages where it has to; `flows`: whether it may.

        `from_left`: it begins at the left in any script, below its label.
        """
        start = self.left if left is None else left
        room = self.width - (start - self.left) if width is None else width
        for line in self.broken(words, size=size, weight=weight, width=room):
            if flows:
                self.need(size * LEADING)
            self.y -= size * LEADING
            base = self.y + size * (LEADING - 1) * 0.8
            to_right = line.to_right and not from_left
            wide = self._put(line.text, size, base, weight, start, colour, room, to_right)
            if struck and wide:
                x = start + (room - wide if to_right else 0)
                self.stroke(x, base + size * 0.32, x + wide, colour=colour)

    def heading(self, words: str, *, keep: float = 40) -> None:
        """A heading that is not left alone at the foot of a page."""
        self.need(24 + keep)
        self.y -= 8
        self.text(words.upper(), size=8, weight=BOLD, colour=TEAL, flows=False)
        self.y -= 2

    def rule(self, *, colour: Color = FAINT) -> None:
        self.stroke(self.left, self.y, self.left + self.width, colour=colour)

    def stroke(self, x: float, y: float, to: float, *, colour: Color = FAINT) -> None:
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(0.7)
        self.canvas.line(x, y, to, y)

    def panel(self, height: float, *, fill: Color = PALE, edge: Color = FAINT) -> None:
        """A box from here down, as wide as the page."""
        self.canvas.setFillColor(fill)
        self.canvas.setStrokeColor(edge)
        self.canvas.setLineWidth(0.7)
        self.canvas.roundRect(self.left, self.y - height, self.width, height, 4, stroke=1, fill=1)

    def image(self, picture: ImageReader, x: float, top: float, width: float, height: float) -> float:
        """Draw a picture into this room, in its own proportions; returns how high it became."""
        wide, high = picture.getSize()
        scale = min(width / wide, height / high)
        self.canvas.drawImage(picture, x, top - high * scale, wide * scale, high * scale, mask="auto")
        return float(high * scale)

    def pill(self, right: float, y: float) -> None:
        """The document's status, on each page."""
        words = self.document.status
        wide = self.letters.width(words, BOLD, 9) + 16
        self.canvas.setFillColor(STATUS_COLOURS[words])
        self.canvas.roundRect(right - wide, y - 3.5, wide, 15.5, 3, stroke=0, fill=1)
        self.line(words, size=9, weight=BOLD, at=y + 1, left=right - wide + 8, colour=white)

    # ---------------------------------------------------------------- finish

    def finished(self) -> bytes:
        self.canvas.showPage()
        self.canvas.save_with(self._foot)
        return self._stream.getvalue()

    def _foot(self, number: int, of: int) -> None:
        if self.document.status == "DRAFT":
            self._watermark()
        y = FOOT - 14
        self.stroke(self.left, y + 9, self.left + self.width)
        for words in self.document.footer:
            for line in self.broken(words, size=7, width=self.width - 70):
                self._put(line.text, 7, y, REGULAR, self.left, QUIET, None, False)
                y -= 9.5
        where = f"Page {number} of {of}"
        self.line(where, size=8, at=FOOT - 14, colour=QUIET, to_right=True)
        mark = " · ".join(part for part in (self.document.status, self.document.code) if part)
        self.line(mark, size=7, at=FOOT - 24, colour=QUIET, to_right=True)

    def _watermark(self) -> None:
        self.canvas.saveState()
        self.canvas.translate(self.page_width / 2, self.page_height / 2)
        self.canvas.rotate(55)
        wide = self.letters.width("DRAFT", BOLD, 150)
        faint = Color(QUIET.red, QUIET.green, QUIET.blue, alpha=0.14)
        self.line("DRAFT", size=150, weight=BOLD, at=-50, left=-wide / 2, colour=faint)
        self.canvas.restoreState()
