"""What a submission made, or left unmade, and the problem that it was answered with."""

from accounts.models import AuditEvent
from diagnosis.models import Patient, Scan, Study, Submission

PDF = b"%PDF-1.7 not a film"


def assert_problem(response, status: int, kind: str = "about:blank") -> dict:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["type"] == (kind if kind == "about:blank" else f"urn:carina:problem:{kind}")
    assert body["title"]
    assert body["detail"]
    return body


def assert_nothing_was_made() -> None:
    assert not Study.objects.exists()
    assert not Patient.objects.exists()
    assert not Scan.objects.exists()
    assert not Submission.objects.exists()


def actions() -> list[str]:
    return list(AuditEvent.objects.exclude(action__startswith="token.").values_list("action", flat=True))
