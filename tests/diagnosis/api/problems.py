"""A problem in words that a program understands, and the address of a study that is none."""

MISSING = "00000000-0000-4000-8000-000000000000"


def assert_problem(response, status: int, code: str = "") -> dict:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert not code or body["type"] == f"urn:carina:problem:{code}"
    assert {"type", "title", "detail"} <= set(body)
    return body
