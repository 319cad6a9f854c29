"""Turns what a report says into a PDF; the same report gives the same bytes.

`document`: what it says; `fonts` and `text`: letters of any script; `sheet`: pages and where on them;
`pictures`: films for paper; `drawn`: zones and marks; `pdf`: the report itself.
"""

from diagnosis.imaging.report.document import (
    Box,
    Document,
    Drawn,
    Film,
    Past,
    Prior,
    Status,
    Word,
    from_json,
    to_json,
)
from diagnosis.imaging.report.pdf import render

__all__ = [
    "Box",
    "Document",
    "Drawn",
    "Film",
    "Past",
    "Prior",
    "Status",
    "Word",
    "from_json",
    "render",
    "to_json",
]
