"""What a doctor graded and drew, on paper: the six zones on two lungs, and marks upon a film."""

from itertools import pairwise
from typing import Final

from reportlab.lib.colors import Color, HexColor, white

from diagnosis.imaging.report.document import Drawn
from diagnosis.imaging.report.fonts import BOLD
from diagnosis.imaging.report.sheet import INK, QUIET, Sheet

SHADES: Final = (white, HexColor("#f6dfae"), HexColor("#e9a45c"), HexColor("#c2432f"))
WIDTH, HEIGHT = 96.0, 96.0
# Each zone's corners as parts of the box, from its upper left: the patient's right lung is on the left.
SHAPES: Final = {
    "A": ((0.42, 0.04), (0.26, 0.10), (0.15, 0.34), (0.42, 0.34)),
    "B": ((0.42, 0.36), (0.14, 0.36), (0.08, 0.64), (0.40, 0.64)),
    "C": ((0.40, 0.66), (0.08, 0.66), (0.05, 0.96), (0.22, 0.88), (0.38, 0.92)),
    "D": ((0.58, 0.04), (0.74, 0.10), (0.85, 0.34), (0.58, 0.34)),
    "E": ((0.58, 0.36), (0.86, 0.36), (0.92, 0.64), (0.64, 0.64)),
    "F": ((0.65, 0.66), (0.92, 0.66), (0.95, 0.96), (0.80, 0.88), (0.69, 0.88)),
}
GRADED: Final = "Lung zones, graded 0 to 3"
LEGEND: Final = "The patient’s right is on the left. 0 none, 1 interstitial, 2 mixed, 3 mostly alveolar."
MARKED: Final = "Marks and measurements"
WORDS: Final = f"{GRADED}{LEGEND}{MARKED}–0123456789"
BRIGHT: Final = HexColor("#ffd400")


def zones(sheet: Sheet, graded: tuple[tuple[str, int], ...], sums: tuple[str, ...]) -> None:
    """Two lungs with each zone's grade, and what follows from them beside."""
    sheet.need(HEIGHT + 8)
    sheet.gap(4)
    top, left, grades = sheet.y, sheet.left, dict(graded)
    for zone, corners in SHAPES.items():
        _zone(sheet, left, top, corners, grades.get(zone))
    beside = left + WIDTH + 16
    room = sheet.width - WIDTH - 16
    sheet.text(GRADED, size=8, weight=BOLD, left=beside, colour=QUIET, flows=False)
    for words in sums:
        sheet.text(words, size=10, left=beside, width=room, flows=False)
    sheet.text(LEGEND, size=8, left=beside, width=room, colour=QUIET, flows=False)
    sheet.y = min(sheet.y, top - HEIGHT) - 4


def _zone(
    sheet: Sheet, left: float, top: float, corners: tuple[tuple[float, float], ...], grade: int | None
) -> None:
    points = [(left + x * WIDTH, top - y * HEIGHT) for x, y in corners]
    path = sheet.canvas.beginPath()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    path.close()
    sheet.canvas.setFillColor(SHADES[grade or 0])
    sheet.canvas.setStrokeColor(QUIET)
    sheet.canvas.setLineWidth(0.7)
    sheet.canvas.drawPath(path, stroke=1, fill=1)
    middle = sum(x for x, _ in points) / len(points)
    height = sum(y for _, y in points) / len(points)
    colour: Color = white if grade == 3 else INK
    sheet.line(
        "–" if grade is None else str(grade),
        size=10,
        weight=BOLD,
        at=height - 3.5,
        left=middle - 3,
        colour=colour,
    )


def marks(sheet: Sheet, drawn: tuple[Drawn, ...], x: float, top: float, wide: float, high: float) -> None:
    """Marks upon a picture that stands in this box, each with its number in the table."""
    canvas = sheet.canvas
    canvas.saveState()
    for number, mark in enumerate(drawn, 1):
        if not mark.points:
            continue
        points = [(x + across * wide, top - down * high) for across, down in mark.points]
        canvas.setStrokeColor(BRIGHT)
        canvas.setLineWidth(1.1)
        if mark.kind == "ellipse":
            (left, upper), (right, lower) = points[:2]
            canvas.ellipse(left, lower, right, upper, stroke=1, fill=0)
        elif mark.kind in ("ratio",) or len(points) == 4:
            canvas.line(*points[0], *points[1])
            canvas.line(*points[2], *points[3])
        else:
            for start, end in pairwise(points):
                canvas.line(*start, *end)
        if mark.kind == "arrow":
            canvas.setFillColor(BRIGHT)
            canvas.circle(*points[1], 2.2, stroke=0, fill=1)
        sheet.line(
            str(number), size=7, weight=BOLD, at=points[0][1] + 2, left=points[0][0] + 2, colour=BRIGHT
        )
    canvas.restoreState()


def table(sheet: Sheet, drawn: tuple[Drawn, ...]) -> None:
    """The marks by number, in words."""
    if not drawn:
        return
    sheet.text(MARKED, size=8, weight=BOLD, colour=QUIET)
    for number, mark in enumerate(drawn, 1):
        sheet.text(f"{number}   {mark.words}", size=9)
    sheet.gap(2)
