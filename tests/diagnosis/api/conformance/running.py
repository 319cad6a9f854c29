"""One run of schemathesis with one token, in all of its phases, and what came of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.diagnosis.api.conformance.asking import films_that_can_be_used, told_of
from tests.diagnosis.api.conformance.records import Records

SEED: Final = 8
EXAMPLES: Final = 10
CHECKS: Final[dict[str, Any]] = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "403", "404", "409", "412", "422"]},
    "negative_data_rejection": {"expected-statuses": ["4xx"]},
    "missing_required_header": {"expected-statuses": ["401", "403", "404", "406", "428"]},
}


@dataclass
class Run:
    """What was asked, what was answered, and what does not hold."""

    documented: dict[str, set[int]]
    """By operation, such as `GET /api/v1/studies/`: the statuses of success that the schema names."""
    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """By phase, operation and status."""
    checks: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> dict[str, set[int]]:
        """By operation of the schema: the statuses of success that were answered."""
        met = {operation: set[int]() for operation in self.documented}
        for _, operation, status in self.answers:
            if operation in met and status < 300:
                met[operation].add(status)
        return met

    def told(self) -> Iterator[str]:
        """A line of the whole, and one for each operation."""
        phases: Counter[str] = Counter()
        statuses: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for (phase, operation, status), times in self.answers.items():
            phases[phase] += times
            statuses[operation if operation in self.documented else "methods not offered"][status] += times
        asked = ", ".join(f"{times} {phase}" for phase, times in phases.items())
        yield f"{phases.total()} requests ({asked}), {len(self.findings)} findings"
        for operation, found in sorted(statuses.items()):
            yield f"  {operation}: " + ", ".join(f"{status} × {found[status]}" for status in sorted(found))


def asked(address: str, key: str, there_is: Records, cursor: str) -> Run:
    """Let schemathesis ask the portal at the address with this token."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "headers": {"Authorization": f"Token {key}"},
            "generation": {
                "max-examples": EXAMPLES, "database": "none", "with-security-parameters": False,
            },
            "cache": {"enabled": False},
            "checks": CHECKS,
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
        }
    )  # fmt: skip
    accept = {"Accept": "application/vnd.oai.openapi+json"}
    schema = schemathesis.openapi.from_url(f"{address}/api/schema/", config=config, headers=accept)
    told_of(schema, there_is, cursor)
    run = Run(_documented(schema.raw_schema))
    with films_that_can_be_used():
        for event in from_schema(schema).execute():
            _note(run, event)
    return run


def _documented(schema: Any) -> dict[str, set[int]]:
    return {
        f"{method.upper()} {path}": {int(code) for code in operation["responses"] if code.startswith("2")}
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    }


def _note(run: Run, event: Any) -> None:
    if isinstance(event, events.FatalError):
        raise event.exception
    if isinstance(event, events.NonFatalError):
        run.findings.append(f"{event.label}: {event.value!r}")
    if isinstance(event, events.PhaseFinished) and event.phase.skip_reason is not None:
        run.findings.append(f"{event.phase.name.value} was left out: {event.phase.skip_reason.value}")
    if not isinstance(event, events.ScenarioFinished):
        return
    recorder = event.recorder
    for case_id, node in recorder.cases.items():
        heard = recorder.interactions.get(case_id)
        if heard is not None and heard.response is not None:
            operation = f"{node.value.method} {node.value.operation.path}"
            run.answers[event.phase.value, operation, heard.response.status_code] += 1
    for check in (check for checks in recorder.checks.values() for check in checks):
        run.checks[check.name] += 1
        if (told := check.failure_info) is not None:
            words = f"{event.phase.value}, {check.name}: {told.failure.title}\n{told.failure.message}"
            run.findings.append(f"{words}\n{told.code_sample}")
