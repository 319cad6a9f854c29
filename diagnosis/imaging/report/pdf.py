"""The report on paper: whose it is, the impression first, then the films, then what the network said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader

from diagnosis.imaging.report import drawn, proof
from diagnosis.imaging.report import pictures as films
from diagnosis.imaging.report import text as typeset
from diagnosis.imaging.report.document import Document, Drawn, Film, Past, Word, to_json
from diagnosis.imaging.report.fonts import BOLD, letters_for
from diagnosis.imaging.report.sheet import AMBER, QUIET, Sheet

FILM_HEIGHT: Final = 250.0
GAP: Final = 10.0
UNDRAWN: Final = "□ stands for a letter that this paper cannot draw; the portal shows it."
OF_A_MAP: Final = "What moved the network’s answer, not where a disease is"


@dataclass(frozen=True)
class Shown:
    """A picture beside others, and what stands below it."""

    picture: ImageReader
    words: str
    drawn: tuple[Drawn, ...] = ()


def render(document: Document, pictures: Mapping[str, bytes]) -> bytes:
    """The report as a PDF; the same document and pictures give the same bytes.

    `pictures`: by the names that the document gives them; one that is missing is told in words.
    """
    said = "\n".join(_strings(to_json(document)))
    with letters_for(said + typeset.shaped(said) + OF_A_MAP + UNDRAWN + _drawn_words(document)) as letters:
        sheet = Sheet(document, letters)
        _letterhead(sheet, pictures)
        _patient(sheet)
        _impression(sheet)
        for film in document.films:
            _film(sheet, film, pictures)
        if letters.missing(said.replace("\n", " ")):
            sheet.gap(6)
            sheet.text(UNDRAWN, size=8, colour=QUIET)
        proof.stand(sheet)
        return sheet.finished()


def _drawn_words(document: Document) -> str:
    """The letters of what is only written beside a drawing."""
    graded = any(film.word and film.word.zones for film in document.films)
    return drawn.WORDS if graded or any(film.drawn for film in document.films) else ""


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield value.upper()  # headings are
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _strings(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _strings(entry)


def _letterhead(sheet: Sheet, pictures: Mapping[str, bytes]) -> None:
    document, top, left = sheet.document, sheet.y, sheet.left
    low = top
    if document.logo in pictures:
        mark = films.logo(pictures[document.logo])
        wide, high = mark.getSize()
        scale = min(110 / wide, 46 / high)
        low = top - sheet.image(mark, left, top, 110, 46)
        left += wide * scale + 14
    room = sheet.width - (left - sheet.left) - 150
    sheet.text(document.clinic, size=14, weight=BOLD, left=left, width=room, flows=False)
    for line in document.address:
        sheet.text(line, size=8.5, left=left, width=room, colour=QUIET, flows=False)
    right = sheet.left + sheet.width
    sheet.pill(right, top - 13)
    sheet.line("Chest X-ray report", size=9.5, weight=BOLD, at=top - 31, to_right=True)
    if document.issued:
        sheet.line(document.issued, size=8, at=top - 43, colour=QUIET, to_right=True)
    sheet.y = min(sheet.y, low, top - 48) - 8
    if document.read_by:
        _second_letterhead(sheet, pictures)
    sheet.rule()
    sheet.gap(4)


def _second_letterhead(sheet: Sheet, pictures: Mapping[str, bytes]) -> None:
    """The clinic that read the films for the one above."""
    document, top, left, low = sheet.document, sheet.y, sheet.left, sheet.y
    if document.read_by_logo in pictures:
        mark = films.logo(pictures[document.read_by_logo])
        wide, high = mark.getSize()
        scale = min(70 / wide, 30 / high)
        low = top - sheet.image(mark, left, top, 70, 30)
        left += wide * scale + 14
    room = sheet.width - (left - sheet.left)
    words = f"Read by {document.read_by}"
    sheet.text(words, size=11, weight=BOLD, left=left, width=room, flows=False)
    for line in document.read_by_address:
        sheet.text(line, size=8.5, left=left, width=room, colour=QUIET, flows=False)
    sheet.y = min(sheet.y, low) - 8


def _patient(sheet: Sheet) -> None:
    for words in sheet.document.notices:
        _notice(sheet, words)
    columns, step = 3, sheet.width / 3
    short = [(label, value) for label, value in sheet.document.facts if len(value) <= 30]
    long = [(label, value) for label, value in sheet.document.facts if len(value) > 30]
    for start in range(0, len(short), columns):
        top, low = sheet.y, sheet.y
        for place, (label, value) in enumerate(short[start : start + columns]):
            sheet.y = top
            x = sheet.left + place * step
            sheet.text(label, size=7.5, colour=QUIET, left=x, width=step - 10, flows=False)
            weight = BOLD if label in ("Patient", "Number") else 400
            sheet.text(value, size=10, weight=weight, left=x, width=step - 10, flows=False, from_left=True)
            low = min(low, sheet.y)
        sheet.y = low - 3
    for label, value in long:
        sheet.text(label, size=7.5, colour=QUIET)
        sheet.text(value, size=9.5)
        sheet.gap(2)
    sheet.gap(4)
    sheet.rule()


def _notice(sheet: Sheet, words: str) -> None:
    lines = sheet.broken(words, size=9.5, weight=BOLD, width=sheet.width - 16)
    height = len(lines) * 9.5 * 1.36 + 9
    sheet.gap(3)
    sheet.need(height)
    sheet.panel(height, fill=HexColor("#fff6e5"), edge=AMBER)
    sheet.gap(3)
    sheet.text(
        words, size=9.5, weight=BOLD, left=sheet.left + 8, width=sheet.width - 16, colour=AMBER, flows=False
    )
    sheet.gap(9)


def _impression(sheet: Sheet) -> None:
    sheet.heading("Impression", keep=60)
    several = len(sheet.document.films) > 1
    if not sheet.document.films:
        sheet.text("No film has been received.", size=13, weight=BOLD)
    for film, captions in _together(sheet.document.films):
        sheet.need(44)
        lead = f"{captions}: " if several else ""
        if film.unsigned:
            sheet.text(lead + film.unsigned, size=11 if several else 13, weight=BOLD, colour=AMBER)
        if film.word:
            _word(sheet, film.word, lead=lead, size=12 if several else 20)
        for past in film.past:
            _past(sheet, past)
        sheet.gap(5)


def _together(all_films: tuple[Film, ...]) -> Iterator[tuple[Film, str]]:
    """Films of which the same was signed in one act, told once; each with the captions of them all."""
    told: list[list[Film]] = []
    for film in all_films:
        same = next((group for group in told if _same_word(group[0], film)), None)
        if same is None:
            told.append([film])
        else:
            same.append(film)
    for group in told:
        yield group[0], ", ".join(film.caption for film in group)


def _same_word(one: Film, other: Film) -> bool:
    plain = not (one.past or other.past)
    return plain and one.word is not None and (one.word, one.unsigned) == (other.word, other.unsigned)


def _word(sheet: Sheet, word: Word, *, lead: str, size: float) -> None:
    sheet.text(lead + word.finding, size=size, weight=BOLD)
    for further in word.further:
        sheet.text(further, size=11, weight=BOLD)
    if word.note:
        sheet.gap(2)
        sheet.text(word.note, size=10)
    if word.zones:
        drawn.zones(sheet, word.zones, word.sums)
    if word.about:
        sheet.text(word.about, size=8.5, colour=QUIET)
    licence = f", licence {word.licence}" if word.licence else ""
    signed = f"Signed electronically by {word.name}{licence}"
    sheet.need(26)
    if lead:
        sheet.text(f"{signed}, {word.at}", size=8.5)
        return
    sheet.gap(3)
    sheet.text(signed, size=9.5, weight=BOLD)
    sheet.text(word.at, size=8.5, colour=QUIET)


def _past(sheet: Sheet, past: Past) -> None:
    sheet.gap(5)
    sheet.need(30)
    inset = sheet.left + 12
    sheet.text(past.replaced, size=8.5, weight=BOLD, left=inset, colour=AMBER)
    sheet.text(past.finding, size=10, left=inset, colour=QUIET, struck=True)
    if past.note:
        sheet.text(past.note, size=9, left=inset, colour=QUIET, struck=True)
    sheet.text(past.signed, size=8, left=inset, colour=QUIET)


def _film(sheet: Sheet, film: Film, pictures: Mapping[str, bytes]) -> None:
    shown = list(_shown(sheet.document, film, pictures))
    sheet.heading(film.caption, keep=FILM_HEIGHT if shown else 30)
    for caution in film.cautions:
        sheet.text(caution, size=9, weight=BOLD, colour=AMBER)
    if film.without:
        sheet.text(film.without, size=9.5)
    if shown:
        _beside(sheet, shown)
    drawn.table(sheet, film.drawn)
    if film.network:
        _network(sheet, film)
    sheet.gap(4)


def _shown(document: Document, film: Film, pictures: Mapping[str, bytes]) -> Iterator[Shown]:
    picture = pictures.get(film.picture, b"")
    if picture:
        yield Shown(films.printed(picture), film.shown, film.drawn)
        if overlay := pictures.get(film.map, b""):
            yield Shown(films.printed(picture, overlay), film.map_words or OF_A_MAP)
    prior = document.prior
    beside = document.prior_beside_each or film is document.films[0]
    if prior and beside and prior.picture in pictures:
        words = prior.caption + (f". {prior.signed}" if prior.signed else "")
        yield Shown(films.printed(pictures[prior.picture]), words)


def _beside(sheet: Sheet, shown: list[Shown]) -> None:
    """Pictures beside each other, as large as the page allows, each with its words below."""
    places = max(2, len(shown))
    step = (sheet.width - GAP * (places - 1)) / places
    sheet.gap(4)
    heights = []
    for one in shown:
        wide, high = one.picture.getSize()
        heights.append(min(FILM_HEIGHT, step * high / wide))
    below = max(len(sheet.broken(one.words, size=8, width=step)) for one in shown) * 8 * 1.36
    sheet.need(max(heights) + below + 6)
    top = sheet.y
    for place, one in enumerate(shown):
        x = sheet.left + place * (step + GAP)
        high = sheet.image(one.picture, x, top, step, FILM_HEIGHT)
        if one.drawn:
            wide, tall = one.picture.getSize()
            drawn.marks(sheet, one.drawn, x, top, high * wide / tall, high)
        sheet.y = top - max(heights) - 2
        sheet.text(one.words, size=8, left=x, width=step, colour=QUIET, flows=False)
    sheet.y = top - max(heights) - below - 4


def _network(sheet: Sheet, film: Film) -> None:
    """What the network said, in a box of its own: nobody takes it for a doctor's word."""
    assert film.network is not None
    box = film.network
    parts = [(box.headline, 10.0, BOLD), *((line, 9.0, 400) for line in box.lines), (box.limits, 8.5, 400)]
    parts = [(f"Network, not a doctor · {box.model}" if box.model else "Network", 8.0, BOLD), *parts]
    parts = [part for part in parts if part[0]]
    inner = sheet.width - 20
    height = 12.0
    for words, size, weight in parts:
        height += len(sheet.broken(words, size=size, weight=weight, width=inner)) * size * 1.36
    sheet.gap(5)
    sheet.need(height)
    sheet.panel(height)
    end = sheet.y - height
    sheet.gap(5)
    for number, (words, size, weight) in enumerate(parts):
        colour = QUIET if number == 0 else HexColor("#1b1f24")
        sheet.text(
            words, size=size, weight=weight, left=sheet.left + 10, width=inner, colour=colour, flows=False
        )
    sheet.y = end - 4
