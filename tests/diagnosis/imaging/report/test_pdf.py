"""Names and notes of any script are drawn with letters that the file carries; long notes go over pages."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from diagnosis.imaging.report import Document, Film, Past, Word, from_json, render, to_json
from diagnosis.imaging.report.text import displayed, shaped

WORD = Word("COVID-19", "", "Ann Lee", "L-1", "3 Mar 2026, 10:12 UTC")
PAPER = Document(
    clinic="Riverside",
    address=("12 Quay Street",),
    logo="",
    paper="a4",
    status="FINAL",
    patient="Ada Phantom",
    number="P-1",
    facts=(("Patient", "Ada Phantom"), ("Number", "P-1")),
    films=(Film(1, "Film 1", without="Refused: too small.", word=WORD),),
    code="7K3M-Q9TX-2WFD",
    address_to_check="https://carina.example.org/verify/7K3M-Q9TX-2WFD/",
    footer=("Research use only, not a medical device.",),
)


def text_of(document: Document) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(render(document, {}))).pages)


def fonts_of(document: Document) -> dict[str, bool]:
    """Each font of the file that text is drawn in, and whether the file carries it."""
    reader = PdfReader(io.BytesIO(render(document, {})))
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    return {
        str(font["/BaseFont"]): "/FontFile2" in font.get("/FontDescriptor", {}).get_object()
        if "/FontDescriptor" in font
        else False
        for font in fonts
    }


def named(name: str) -> Document:
    return replace(PAPER, patient=name, facts=(("Patient", name),))


def test_the_same_document_is_the_same_bytes_whatever_was_made_before_it() -> None:
    first = render(PAPER, {})
    render(named("王小明"), {})
    assert render(PAPER, {}) == first
    assert render(from_json(to_json(PAPER)), {}) == first


@pytest.mark.parametrize(
    "name", ["王小明", "山田太郎", "김민수", "Ковалёва", "Παπαδόπουλος", "Nguyễn Thị Ánh"]
)
def test_a_name_is_drawn_with_letters_that_the_file_carries(name: str) -> None:
    document = named(name)
    assert name in text_of(document)
    carried = fonts_of(document)
    assert all(has for font, has in carried.items() if font != "/Helvetica")


def test_arabic_letters_are_joined_and_run_from_right_to_left() -> None:
    shown = displayed("محمد")
    assert [f"{ord(letter):04X}" for letter in shown] == ["FEAA", "FEE4", "FEA4", "FEE3"]
    assert displayed("MRN-7 محمد").startswith("MRN-7 ")
    assert shaped("محمد") in text_of(named("محمد")), "which is told in the order of reading"


def test_what_no_font_has_is_said() -> None:
    assert "letter that this paper cannot draw" in text_of(named("\U00012000"))
    assert "cannot draw" not in text_of(PAPER)


def test_a_long_note_goes_over_pages_and_loses_no_line() -> None:
    note = "\n".join(f"Line {number} of the note" for number in range(200))
    document = replace(
        PAPER, status="AMENDED", films=(replace(PAPER.films[0], word=replace(WORD, note=note)),)
    )
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(render(document, {}))).pages]
    assert len(pages) > 3
    for number in range(200):
        assert sum(f"Line {number} of" in page for page in pages) == 1
    for place, page in enumerate(pages, 1):
        assert "AMENDED" in page
        assert f"Page {place} of {len(pages)}" in page
        assert "Research use only" in page


def test_a_word_longer_than_a_line_is_broken() -> None:
    note = "x" * 3000
    film = replace(PAPER.films[0], word=replace(WORD, note=note), past=(Past(note, note, note, note),))
    assert text_of(replace(PAPER, films=(film,))).count("x") >= 5 * 3000


def test_a_letter_is_letter_paper() -> None:
    page = PdfReader(io.BytesIO(render(replace(PAPER, paper="letter"), {}))).pages[0]
    assert (float(page.mediabox.width), float(page.mediabox.height)) == (612, 792)


def test_no_film_is_said() -> None:
    assert "No film has been received." in text_of(replace(PAPER, films=()))
