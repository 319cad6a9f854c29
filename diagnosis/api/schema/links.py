"""What an answer leads to: its id names a record elsewhere, its ETag goes into the correction."""

from typing import Any, Final

_SUBMITTED: Final = {"study_id": "$response.body#/id"}
_SAME_STUDY: Final = {"study_id": "$request.path.study_id"}
_SAME_PATIENT: Final = {"patient_id": "$request.path.patient_id"}
_AS_READ: Final = {"If-Match": "$response.header.ETag"}


def _to(operation: str, parameters: dict[str, str]) -> dict[str, Any]:
    return {"operationId": operation, "parameters": parameters}


LINKS: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("study_submit", "200"): {"state": _to("study_read", _SUBMITTED)},
    ("study_submit", "201"): {"state": _to("study_read", _SUBMITTED)},
    ("study_read", "200"): {
        "correction": _to("study_correct", _SAME_STUDY | _AS_READ),
        "report": _to("study_report", _SAME_STUDY),
        "reviews": _to("study_reviews", _SAME_STUDY),
    },
    ("study_correct", "200"): {"next_correction": _to("study_correct", _SAME_STUDY | _AS_READ)},
    ("study_report", "202"): {"document": _to("study_report", _SAME_STUDY)},
    ("patient_read", "200"): {"correction": _to("patient_correct", _SAME_PATIENT | _AS_READ)},
    ("patient_correct", "200"): {"next_correction": _to("patient_correct", _SAME_PATIENT | _AS_READ)},
}
"""By operation and status."""
