"""The API does what its schema says, whatever is sent: schemathesis asks, with a token of each scope.

What is sent is drawn from the schema, right and wrong, with a fixed seed; half of it names records that there
are, with their own ETag and a film that can be used, since drawn ones are all unknown, outdated or no film.

Every check of schemathesis is on but these:
- `max_response_time`: how fast this machine is says nothing about the API;
- `use_after_free`, `ensure_resource_availability`, `object_level_authorization`: they follow a record over
  several requests, which single ones do not; nothing can be deleted, and tests/test_access.py tries every
  address with another clinic's token.
What fits the schema may still be refused, with one of the answers in CHECKS: a date in the future, a text
with control characters (400), a record that was not read (412), no film (422): no schema can say these. A
request that does not fit it may never be taken; in those no token is left out, of which other tests tell.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.throttling import SimpleRateThrottle
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

from accounts import tokens
from accounts.models import Scope
from diagnosis.api.corrections import tag_of
from diagnosis.models import Scan
from portal.wsgi import application
from tests.conftest import Cast
from tests.diagnosis.services.report.papers import sign
from tests.films import analysed_scan, phantom_png

EXAMPLES = 10
CHECKS = {
    "positive_data_acceptance": {
        "expected-statuses": ["2xx", "400", "401", "403", "404", "409", "412", "413", "422", "428", "429"]
    },
    "negative_data_rejection": {"expected-statuses": ["4xx"]},
    "missing_required_header": {"expected-statuses": ["401", "403", "404", "406", "428"]},
    **{
        name: {"enabled": False}
        for name in ("use_after_free", "ensure_resource_availability", "object_level_authorization")
    },
}


@pytest.fixture
def film(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Scan:
    """A signed film; so many requests in a minute are not what is asked about."""
    monkeypatch.setattr(SimpleRateThrottle, "allow_request", lambda self, request, view: True)
    monkeypatch.setattr("django.db.connection.close", lambda: None)  # the test's transaction is in it
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    sign(scan, cast.doctor)
    return scan


def operations(mode: GenerationMode) -> Iterator[Any]:
    """Each address and method of the schema; in wrong requests, the token is not what is wrong."""
    config = SchemathesisConfig.from_dict({"checks": CHECKS})
    schema = schemathesis.openapi.from_wsgi(
        "/api/schema/", application, config=config, headers={"Accept": "application/vnd.oai.openapi+json"}
    )
    if mode.is_negative:
        for path in schema.raw_schema["paths"].values():
            for operation in path.values():
                operation.pop("security", None)
    for found in schema.get_all_operations():
        yield found.ok()


def name_what_there_is(case: Any, film: Scan) -> None:
    """Put clinic A's own records, with their ETag, in the place of what was drawn and fits."""
    known = {
        "study_id": film.study,
        "patient_id": film.study.patient,
        "scan_id": film,
        "prediction_id": film.predictions.get(),
    }
    if not _is_wrong(case, ParameterLocation.PATH):
        for name in case.path_parameters or {}:
            known[name].refresh_from_db()
            case.path_parameters[name] = str(known[name].public_id)
            if "If-Match" in (case.headers or {}) and not _is_wrong(case, ParameterLocation.HEADER):
                case.headers["If-Match"] = tag_of(known[name])
    if isinstance(case.body, dict) and "film" in case.body and not _is_wrong(case, ParameterLocation.BODY):
        case.body["film"] = [phantom_png(1)]


def _is_wrong(case: Any, place: ParameterLocation) -> bool:
    part = case.meta.components.get(place)
    return part is not None and part.mode.is_negative


@pytest.mark.parametrize("scopes", [[Scope.SEND], [Scope.READ], [Scope.READ, Scope.MANAGE], list(Scope)])
def test_whatever_is_sent_is_answered_as_the_schema_says(cast: Cast, film: Scan, scopes: list[Scope]) -> None:
    _, key = tokens.create(clinic=cast.clinic_a, name="program", by=cast.administrator, scopes=scopes)
    findings: list[str] = []
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        for operation in operations(mode):
            try:
                _ask(operation, mode, film, key)
            except (Exception, BaseExceptionGroup) as found:
                findings.append(f"{operation.label}: {found}")
    assert not findings, "\n\n".join(findings)


def _ask(operation: Any, mode: GenerationMode, film: Scan, key: str) -> None:
    """Send what is drawn for one address and method. Raises schemathesis' findings."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), ours=st.booleans())
    def ask(case: Any, ours: bool) -> None:
        if ours:
            name_what_there_is(case, film)
        case.call_and_validate(headers={"Authorization": f"Token {key}"})

    ask()
