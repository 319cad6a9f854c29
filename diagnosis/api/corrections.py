"""What a PATCH may change, and whether the program saw the record as it is: nothing is overwritten unseen."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NoReturn

from django.utils.crypto import salted_hmac
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from diagnosis.api.problems import Problem
from diagnosis.models import Patient, Study
from diagnosis.services.patients import implausible

MOST_BYTES: Final = 64 * 1024
_SAID_OF_PATIENT: Final = (
    "number", "first_name", "last_name", "birth_date", "birth_estimated", "sex", "merged_into_id",
)  # fmt: skip
_TAG: Final = re.compile(r'"[\x21\x23-\x7e]*"')


class OneObjectParser(BaseParser):
    """Reads a JSON object in which every name stands once."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise Problem(413, "too_large", "Request too large", "Send at most 64 kB of JSON.")
        try:
            found = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is no JSON that can be read. Send one object in UTF-8.") from error
        if not isinstance(found, dict):
            raise ParseError("Send one JSON object with the fields to change.")
        return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A name stands twice.")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON.")


def tag_of(row: Study | Patient) -> str:
    """The ETag of a record: another one whenever what it says has changed."""
    if isinstance(row, Study):
        says = row.changed_at.isoformat()
    else:
        names = (
            "number",
            "first_name",
            "last_name",
            "birth_date",
            "birth_estimated",
            "sex",
            "merged_into_id",
        )
        says = json.dumps([getattr(row, name) for name in names])
    # Keyed: nobody learns from a log of headers what a record says.
    return f'"{salted_hmac("api-etag", f"{row.public_id} {says}").hexdigest()[:32]}"'


def require_current(request: Request, tag: str) -> None:
    """Raise a problem unless the request says, by If-Match, that it knows the record as it is."""
    sent = request.headers.get("If-Match", "").strip()
    if not _TAG.search(sent):
        raise Problem(
            428, "precondition_required", "Read the record first",
            "Send the ETag of the record that you read in the header If-Match, so that nothing newer is "
            "overwritten.",
        )  # fmt: skip
    if tag not in _TAG.findall(sent):
        raise changed_meanwhile()


def changed_meanwhile() -> Problem:
    return Problem(
        412, "changed_meanwhile", "Changed meanwhile",
        "The record was changed after you read it. Nothing was stored. Read it again and send the change "
        "with its new ETag.",
    )  # fmt: skip


def checked(
    request: Request, kind: type[serializers.Serializer], row: Study | Patient, shown: Iterable[str]
) -> dict[str, Any]:
    """The fields to change, validated. Raises ValidationError, also for what may not be changed here.

    `shown`: the names of what reading the record tells.
    """
    sent = request.data
    serializer = kind(data=sent)
    known, told = set(serializer.fields), set(shown)
    problems = {name: [_unchangeable(name, known, told)] for name in sent if name not in known}
    if not sent:
        problems["body"] = [f"There is nothing to change. The fields are: {', '.join(sorted(known))}."]
    if not serializer.is_valid():
        problems |= {name: list(texts) for name, texts in serializer.errors.items()}
    if not problems:
        problems = _made_implausible(row, serializer.validated_data, known)
    if problems:
        raise ValidationError(problems)
    return dict(serializer.validated_data)


def _made_implausible(
    row: Study | Patient, wanted: Mapping[str, Any], names: set[str]
) -> dict[str, list[str]]:
    """What the change would make impossible; what was so before is no reason to refuse it."""
    before = {name: getattr(row, name) for name in names}
    already = implausible(before)
    found = implausible({**before, **wanted})
    return {name: [text] for name, text in found.items() if name in wanted or already.get(name) != text}


def _unchangeable(name: str, known: set[str], told: set[str]) -> str:
    if name in told:
        return f"This cannot be changed here. What can be: {', '.join(sorted(known))}."
    close = difflib.get_close_matches(name.lower()[:100], known, 1)
    meant = f"Did you mean “{close[0]}”?" if close else f"The fields are: {', '.join(sorted(known))}."
    return f"There is no field of this name. {meant}"
