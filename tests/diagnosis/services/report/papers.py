"""A study whose report is issued, and what its pages say."""

import io

from pypdf import PdfReader

from accounts.models import User
from diagnosis.models import Decision, Report, Scan, Study
from diagnosis.services import report, review


def place(code: str) -> str:
    return f"https://carina.example.org/verify/{code}/"


def sign(scan: Scan, doctor: User, finding: str = "covid19", note: str = "Ground glass, both sides") -> None:
    review.sign_off(
        scan=scan,
        prediction=scan.predictions.order_by("-id").first(),
        doctor=doctor,
        decision=Decision.CHANGE,
        finding=finding,
        note=note,
    )


def issued(study: Study, doctor: User) -> Report:
    """The document of the study as it is signed now, with its file."""
    found = report.issue(study=study, actor=doctor, address=place)
    report.make_due(seconds=30)
    return Report.objects.select_related("study").get(pk=found.pk)


def pages_of(content: bytes) -> list[str]:
    """The text of each page, in single spaces."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]
