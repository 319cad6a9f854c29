"""How somebody who holds a report checks it, at the report's end."""

import qrcode
from reportlab.lib.colors import black

from diagnosis.imaging.report.fonts import BOLD
from diagnosis.imaging.report.sheet import FAINT, QUIET, Sheet


def stand(sheet: Sheet) -> None:
    """How somebody who holds the paper checks it: a code, and the same as a picture for a phone."""
    document = sheet.document
    if not document.code:
        return
    side = 66.0
    sheet.need(side + 22)
    sheet.gap(8)
    sheet.rule(colour=FAINT)
    sheet.gap(8)
    top = sheet.y
    _square(sheet, document.address_to_check, sheet.left, top, side)
    left = sheet.left + side + 14
    sheet.text("To check this paper", size=8, weight=BOLD, left=left, colour=QUIET, flows=False)
    sheet.text(document.code, size=13, weight=BOLD, left=left, flows=False)
    sheet.text(document.address_to_check, size=8, left=left, flows=False)
    words = (
        "That page says whether the clinic issued this document, when, and whether a later one replaces it. "
        "It shows nothing about the patient."
    )
    sheet.text(words, size=8, left=left, width=sheet.width - side - 14, colour=QUIET, flows=False)
    sheet.y = min(sheet.y, top - side)


def _square(sheet: Sheet, address: str, left: float, top: float, side: float) -> None:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=2)
    code.add_data(address)
    code.make(fit=True)
    cells = code.get_matrix()
    step = side / len(cells)
    path = sheet.canvas.beginPath()
    for row, line in enumerate(cells):
        for column, dark in enumerate(line):
            if dark:
                path.rect(left + column * step, top - (row + 1) * step, step, step)
    sheet.canvas.setFillColor(black)
    sheet.canvas.drawPath(path, stroke=0, fill=1)
