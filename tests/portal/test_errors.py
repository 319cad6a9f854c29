"""A program is answered in its own words where no view of the API answers."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client, RequestFactory

from portal import errors


@pytest.mark.parametrize("address", ["/api/nowhere/", "/API/nowhere/"])
def test_an_address_that_is_none(db: None, address: str) -> None:
    found = Client().get(address)
    assert found.status_code == 404
    assert found.headers["Content-Type"] == "application/problem+json"
    assert found.json()["status"] == 404


def test_what_is_not_allowed_or_not_understood(rf: RequestFactory) -> None:
    request = rf.get("/api/v1/studies/")
    for answer, status in (
        (errors.not_allowed(request, PermissionDenied()), 403),
        (errors.bad_request(request, SuspiciousOperation()), 400),
    ):
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
