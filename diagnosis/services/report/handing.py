"""Who fetches a report: a document that was issued, several as one file, or a draft of what is not signed.

Each is on record before its first byte leaves. No file's name tells whose it is.
"""

import io
import zipfile
from collections.abc import Iterable
from typing import Final

from accounts.audit import Reader
from diagnosis.imaging.report import render
from diagnosis.models import Report, ReportState, Study
from diagnosis.services import history, storage
from diagnosis.services.report import facts

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
DRAFT: Final = "DRAFT: not signed. It is on no record and cannot be checked."


class Gone(Exception):
    """There is no file to fetch; the message says why."""


def fetched(*, report: Report, reader: Reader) -> bytes:
    """The document; audit `report.downloaded`. Raises Gone."""
    content = _content(report)
    history.report_downloaded(about=report, reader=reader, kind=report.kind)
    return content


def together(*, reports: Iterable[Report], reader: Reader) -> bytes:
    """Several documents as a ZIP, each named by its code; audit `report.downloaded` for each. Raises Gone."""
    found = [(report, _content(report)) for report in reports]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for report, content in found:
            archive.writestr(zipfile.ZipInfo(f"report-{report.code}.pdf", EPOCH), content)
    for report, _ in found:
        history.report_downloaded(about=report, reader=reader, kind=report.kind)
    return stream.getvalue()


def draft(*, study: Study, reader: Reader) -> bytes:
    """The report as it would be now, marked as a draft on each page; audit `report.downloaded`."""
    document = facts.document_of(study, facts.signed(study), status="DRAFT", notices=[DRAFT])
    content = render(document, facts.pictures_of(document))
    history.report_downloaded(about=study, reader=reader, kind="draft")
    return content


def _content(report: Report) -> bytes:
    if report.state != ReportState.READY:
        raise Gone("The document is not ready.")
    try:
        return storage.path_of(report.file).read_bytes()
    except OSError as error:
        raise Gone("The document’s file is missing on this server. Have it made again.") from error
