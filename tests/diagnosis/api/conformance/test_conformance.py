"""The API does what its schema says, whatever is sent: schemathesis asks, with a token of each scope.

It asks a server with studies in every state, in all of its phases (examples, coverage, fuzzing, links from
one operation to another), with a fixed seed. In three of four requests, right and wrong ones, it names
records that there are, with their own ETag; its films can be used. Each operation that the token may use has
to be answered with each of its statuses of success, the others with none: a run without them says little.

Every check of schemathesis is on but `max_response_time`: how fast a machine is says nothing about the API.
What fits the schema may still be refused, with one of the answers in CHECKS: a date in the future, a text
with control characters, a picture without a number (400), a record that was not read (412), films of two
studies (422): no schema can say these.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rest_framework.throttling import SimpleRateThrottle

from accounts import tokens
from accounts.models import Scope
from diagnosis.api.token_view import TokenView
from tests.conftest import Cast
from tests.diagnosis.api.conformance import records
from tests.diagnosis.api.conformance.running import asked
from tests.diagnosis.api.conftest import STUDIES, Computer

FINDINGS_SHOWN = 10


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many requests in a minute are not what is asked about."""
    for rate in ("token", "bad_token"):
        monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, rate, None)


def cursor_of(computer: Computer) -> str:
    """Where the second page of the list begins."""
    following = computer.read(f"{STUDIES}?limit=1").json()["next"]
    (cursor,) = parse_qs(urlsplit(following).query)["cursor"]
    return cursor


@pytest.mark.parametrize(
    "scopes",
    [
        pytest.param([Scope.SEND], id="send"),
        pytest.param([Scope.READ], id="read"),
        pytest.param([Scope.SEND, Scope.READ, Scope.MANAGE], id="manage"),
    ],
)
def test_whatever_is_sent_is_answered_as_the_schema_says(
    cast: Cast,
    live_server: Any,
    unhurried: None,
    computer: Computer,
    scopes: list[Scope],
    record_property: Callable[[str, object], None],
) -> None:
    there_is = records.made(cast)
    _, key = tokens.create(clinic=cast.clinic_a, name="program", by=cast.administrator, scopes=scopes)
    run = asked(live_server.url, key, there_is, cursor_of(computer))
    record_property("summary", "\n".join([f"API with a token for {', '.join(scopes)}:", *run.told()]))
    assert not run.findings, "\n\n".join(run.findings[:FINDINGS_SHOWN])
    assert run.succeeded == {
        operation: statuses if set(TokenView.scopes[operation.split()[0]]) <= set(scopes) else set()
        for operation, statuses in run.documented.items()
    }
