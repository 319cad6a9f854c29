"""Lets schemathesis name what there is: drawn ids, ETags and cursors are unknown, drawn films no films."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.formats import unregister_string_format

from tests.diagnosis.api.conformance.records import (
    Records,
    dicom_numbered,
    film_of_another_person,
    film_on_record,
    png_numbered,
    tag_now,
)

MULTIPART: Final = "multipart/form-data"
DRAWN_EVERY: Final = 4  # one request in so many keeps what was drawn


@contextmanager
def films_that_can_be_used() -> Iterator[None]:
    """A film's bytes are drawn from films, where only the form around them is asked about.

    They are DICOM films, since most forms that are drawn name no patient.
    """
    schemathesis.openapi.format("binary", st.integers(1, 10**6).map(dicom_numbered))
    try:
        yield
    finally:
        unregister_string_format("binary")


def told_of(schema: Any, there_is: Records, cursor: str) -> None:
    """Add requests that are sure to succeed to the schema's examples, and known names to what is drawn."""

    @schema.hooks.hook
    def before_add_examples(context: Any, examples: list[Any]) -> None:
        examples.extend(_sure(context.operation, there_is, cursor))

    @schema.hooks.hook
    def map_case(context: Any, case: Any) -> Any:
        _name(case, there_is, cursor)
        return case


def _sure(operation: Any, there_is: Records, cursor: str) -> Iterator[Any]:
    """Requests of one operation that succeed, each otherwise."""
    if operation.method == "post":
        for fields in _forms(there_is):
            yield operation.Case(body=fields, media_type=MULTIPART)
        return
    if not operation.path_parameters:
        for query in _questions(there_is, cursor):
            yield operation.Case(query=query)
        return
    (parameter,) = (one.name for one in operation.path_parameters)
    ids = there_is.of(parameter, to_correct=operation.method == "patch")[:-1]
    if operation.method == "get":
        for found in ids:
            yield operation.Case(path_parameters={parameter: found})
        return
    for found, body in zip(ids, _corrections(parameter), strict=True):
        headers = {"If-Match": tag_now(parameter, found)}
        yield operation.Case(
            path_parameters={parameter: found}, headers=headers, body=body, media_type="application/json"
        )


def _forms(there_is: Records) -> Iterator[dict[str, Any]]:
    yield {
        "patient_number": "N-1", "patient_first_name": "Ada", "patient_last_name": "Example",
        "patient_birth_date": "1961-04", "patient_birth_estimated": True, "patient_sex": "female",
        "accession_number": "A-1", "taken_at": "2026-03-02T08:15:00+01:00", "reason": "Cough\nand fever",
        "symptoms": "Fever", "symptoms_onset": "2026-03-01", "pcr_result": "pending", "urgent": True,
        "film": [png_numbered(-1), png_numbered(-2)],
    }  # fmt: skip
    yield {"patient_number": there_is.to_review.study.patient.number, "film": [film_on_record()]}
    yield {"film": [film_of_another_person()]}


def _questions(there_is: Records, cursor: str) -> Iterator[dict[str, Any]]:
    study = there_is.to_review.study
    yield {"accession_number": "ACC-3"}
    yield {"patient_number": study.patient.number, "state": "to_review"}
    yield {"changed_since": "2026-03-02T08:15:00Z", "limit": 2}
    yield {"cursor": cursor, "limit": 1}


def _corrections(parameter: str) -> list[dict[str, Any]]:
    if parameter == "study_id":
        return [
            {"accession_number": "A-2", "taken_at": "2026-03-02T08:15:00Z"},
            {"reason": "Fall", "symptoms": "", "urgent": True},
            {"symptoms_onset": "2026-03-01", "pcr_result": "negative"},
            {"symptoms_onset": None},
        ]
    return [
        {"number": "N-9"},
        {"first_name": "Bea", "last_name": ""},
        {"birth_date": "1961", "birth_estimated": True, "sex": "other"},
        {"birth_date": None},
    ]


def _name(case: Any, there_is: Records, cursor: str) -> None:
    """Put what there is in the place of what was drawn and fits; not where links lead on from an answer."""
    if case.meta.phase.name == TestPhase.STATEFUL:
        return
    turn = there_is.turn(case.operation.label)
    if turn % DRAWN_EVERY == 0:
        return
    wrong = _wrong(case.meta)
    if case.path_parameters and ParameterLocation.PATH not in wrong:
        ((parameter, _),) = case.path_parameters.items()
        ids = there_is.of(parameter, to_correct=case.method == "PATCH")
        found = ids[turn % len(ids)]
        case.path_parameters[parameter] = found
        if "If-Match" in (case.headers or {}) and ParameterLocation.HEADER not in wrong:
            case.headers["If-Match"] = tag_now(parameter, found) or case.headers["If-Match"]
    if "Idempotency-Key" in (case.headers or {}) and ParameterLocation.HEADER not in wrong:
        case.headers["Idempotency-Key"] = f"key {turn}"  # a drawn one comes again with other content
    if case.query and ParameterLocation.QUERY not in wrong:
        known = {"cursor": cursor, "patient_number": "P-3", "accession_number": "ACC-3"}
        case.query.update({name: value for name, value in known.items() if name in case.query})


def _wrong(meta: Any) -> set[ParameterLocation]:
    """The parts of a request that do not fit the schema, and are to stay so."""
    wrong = {place for place, part in meta.components.items() if part.mode.is_negative}
    asks_of_header = getattr(meta.phase.data, "parameter_location", None) == ParameterLocation.HEADER
    if meta.phase.name == TestPhase.COVERAGE and not asks_of_header:
        # It finds no text for a header with a pattern, and would ask everything of a body with `If-Match: 0`.
        wrong.discard(ParameterLocation.HEADER)
    return wrong
