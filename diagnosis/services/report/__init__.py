"""Issues a study's report as a document, makes its file, and lets anybody check one that they hold.

`facts`: what a report says; `issuing`: a document of a signed study, one for each word of its doctors;
`unasked`: those of what was signed a moment ago; `sameness`: whether a document would say the same today;
`making`: the file, in the background; `handing`: who fetches it; `checking`: whether a paper is genuine.
The row is the truth: a document whose worker was killed is made again, with the same bytes.
"""

from diagnosis.services.report.checking import Verdict, check, issued_as, spelt
from diagnosis.services.report.handing import Gone, draft, fetched, together
from diagnosis.services.report.issuing import NotSigned, issue, retry
from diagnosis.services.report.making import make_due, put_back_stopped
from diagnosis.services.report.unasked import issue_due

__all__ = [
    "Gone",
    "NotSigned",
    "Verdict",
    "check",
    "draft",
    "fetched",
    "issue",
    "issue_due",
    "issued_as",
    "make_due",
    "put_back_stopped",
    "retry",
    "spelt",
    "together",
]
