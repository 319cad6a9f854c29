"""Adds to the schema what holds for every address: a token that ends soon, closed bodies, what leads where.

And of the form, that a field without a value is one that was left out.
"""

from typing import Any, Final

from diagnosis.api.schema.links import LINKS

_EXPIRES: Final = {
    "description": "When the token ends; only in its last two weeks.",
    "schema": {"type": "string", "format": "date-time"},
}
_FORM: Final = "SubmissionForm"
_CLOSED: Final = ("PatchedStudyCorrection", "PatchedPatientCorrection", _FORM)


def finished(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The schema with all of it; a hook of drf-spectacular."""
    for path in result.get("paths", {}).values():
        for operation in path.values():
            for status, answer in operation.get("responses", {}).items():
                if status.startswith("2"):
                    answer.setdefault("headers", {})["X-Token-Expires"] = _EXPIRES
                if links := LINKS.get((operation["operationId"], status)):
                    answer["links"] = links
    for name in _CLOSED:
        component = result["components"]["schemas"].get(name)
        if component is not None:  # unknown fields are refused, since they may be a mistake
            component["additionalProperties"] = False
            if name.startswith("Patched"):
                component["minProperties"] = 1
    if (form := result["components"]["schemas"].get(_FORM)) is not None:
        form["properties"] = {name: _or_empty(field) for name, field in form["properties"].items()}
    return result


def _or_empty(field: dict[str, Any]) -> dict[str, Any]:
    """The schema of a form's field that may stand there without a value; a list of files may not."""
    rest = {name: value for name, value in field.items() if name != "description"}
    if rest.get("type") == "array" or not rest.keys() - {"type", "maxLength"}:
        return field
    told = {"description": field["description"]} if "description" in field else {}
    return {**told, "anyOf": [rest, {"const": ""}]}
