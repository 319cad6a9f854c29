"""Leaves out of a style sheet what no page of ours uses; most of a library's is about what we do not have.

A rule stays if every class in one of its selectors stands as a word in a template, a script or a Python
module, so that whatever writes a class where it can be found gets its look.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

WORD: Final = re.compile(r"[A-Za-z_][\w-]*")
_CLASS: Final = re.compile(r"\.([A-Za-z_][\w-]*)")
_NOT: Final = re.compile(r":not\([^()]*\)")
_COMMENT: Final = re.compile(r"/\*(?!!).*?\*/", re.DOTALL)
_ASKED: Final = re.compile(r"var\(\s*(--bs-[\w-]+)")
_VARIABLE: Final = re.compile(r"""(?<=[{;])(--bs-[\w-]+):(?:"[^"]*"|[^;{}"])*(?:;|(?=\}))""")
_NESTED: Final = ("@media", "@supports", "@layer")
_WRITERS: Final = (".html", ".js", ".py")


def writers_in(folders: Iterable[Path]) -> list[Path]:
    """The files that write pages."""
    return [
        file
        for folder in folders
        for file in ([folder] if folder.is_file() else folder.rglob("*"))
        if file.suffix in _WRITERS
    ]


def words_in(folders: Iterable[Path]) -> set[str]:
    """Every word in the files that write pages."""
    files = writers_in(folders)
    return {word for file in files for word in WORD.findall(file.read_text(errors="ignore"))}


def without_comments(sheet: str) -> str:
    """The style sheet without what only people read; licences stay."""
    return re.sub(r"\n\s*", "\n", _COMMENT.sub("", sheet))


def used(sheet: str, words: set[str]) -> str:
    """The style sheet without the rules of classes that are not among the words."""
    return "".join(_kept(_COMMENT.sub("", sheet), words))


def without_idle_variables(sheet: str, others: str) -> str:
    """The style sheet without the library's variables that neither it nor the other style sheets ask for."""
    asked = {*_ASKED.findall(sheet), *_ASKED.findall(others)}
    less = _VARIABLE.sub(lambda found: found[0] if found[1] in asked else "", sheet)
    return less if less == sheet else without_idle_variables(less, others)  # one may have asked for another


def _kept(sheet: str, words: set[str]) -> Iterator[str]:
    for head, body in _rules(sheet):
        if body is None:  # @charset, or a comment
            yield head
        elif head.startswith(_NESTED):
            inner = "".join(_kept(body, words))
            yield f"{head}{{{inner}}}" if inner else ""
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        else:
            wanted = [one for one in _selectors(head) if words.issuperset(_CLASS.findall(_NOT.sub("", one)))]
            yield f"{','.join(wanted)}{{{body}}}" if wanted else ""


def _rules(sheet: str) -> Iterator[tuple[str, str | None]]:
    """Each rule as what stands before its braces and what in them; None for a line without any."""
    place = 0
    while place < len(sheet):
        comment = re.compile(r"\s*/\*!.*?\*/", re.DOTALL).match(sheet, place)
        opened, ended = sheet.find("{", place), sheet.find(";", place)
        if comment:
            yield comment[0], None
            place = comment.end()
        elif ended >= 0 and (ended < opened or opened < 0):
            yield sheet[place : ended + 1], None
            place = ended + 1
        elif opened < 0:
            return
        else:
            closed = _closing(sheet, opened)
            yield sheet[place:opened].strip(), sheet[opened + 1 : closed]
            place = closed + 1


def _closing(sheet: str, opened: int) -> int:
    """Where the brace closes that opens here."""
    depth = 0
    for brace in re.compile(r"""[{}]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""").finditer(sheet, opened):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if not depth:
            return brace.start()
    return len(sheet)


def _selectors(head: str) -> list[str]:
    """The selectors before a rule: divided by commas, but not by those in brackets."""
    return re.split(r",(?![^()\[\]]*[)\]])", head)
