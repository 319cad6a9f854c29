"""Tables as CSV for a spreadsheet, in which no cell becomes a formula."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MARK = "\ufeff"  # without it Excel reads UTF-8 as something else


class _Echo:
    def write(self, line: str) -> str:
        return line


def defused(value: Any) -> str:
    """The cell as text that a spreadsheet shows and never computes."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) or text.startswith(FORMULA) else text


def as_download(name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """The rows as a file to keep, sent as they are read."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield MARK
        for row in rows:
            yield str(writer.writerow([defused(cell) for cell in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
