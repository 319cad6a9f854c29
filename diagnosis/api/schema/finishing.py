"""Adds to the schema what holds for every address: the header of a token that ends soon, closed bodies."""

from typing import Any, Final

_EXPIRES: Final = {
    "description": "When the token ends; only in its last two weeks.",
    "schema": {"type": "string", "format": "date-time"},
}
_CLOSED: Final = ("PatchedStudyCorrection", "PatchedPatientCorrection", "SubmissionForm")


def finished(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The schema with both; a hook of drf-spectacular."""
    for path in result.get("paths", {}).values():
        for operation in path.values():
            for status, answer in operation.get("responses", {}).items():
                if status.startswith("2"):
                    answer.setdefault("headers", {})["X-Token-Expires"] = _EXPIRES
    for name in _CLOSED:
        component = result["components"]["schemas"].get(name)
        if component is not None:  # unknown fields are refused, since they may be a mistake
            component["additionalProperties"] = False
            if name.startswith("Patched"):
                component["minProperties"] = 1
    return result
