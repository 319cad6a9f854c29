"""STOW-RS: a message of films comes in, and the answer says of each what became of it (PS3.18, 10.5)."""

import json
import logging
from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from diagnosis.api.problems import Problem, Unavailable
from diagnosis.api.token_view import token_of
from diagnosis.dicomweb import related
from diagnosis.dicomweb.addresses import instance_address
from diagnosis.dicomweb.authority import JSON, wants
from diagnosis.imaging.dicom.identifiers import identifiers
from diagnosis.imaging.refusal import FilmRefused, Refusal
from diagnosis.models import Door
from diagnosis.services.intake.dicom import receive_instance, refuse_instance
from diagnosis.services.intake.door import NO_ROOM
from diagnosis.services.intake.films import too_many_bytes
from diagnosis.services.intake.holding import waits
from diagnosis.services.intake.outcome import (
    CONFLICT,
    FAILURES,
    HELD,
    NOT_UNDERSTOOD,
    OTHER_KIND,
    OUT_OF_RESOURCES,
    PROCESSING_FAILURE,
    InstanceOutcome,
    Origin,
)
from diagnosis.services.senders import character_set_of

logger = logging.getLogger(__name__)

XML: Final = "application/dicom+xml"
DICOM: Final = "application/dicom"
# further reasons of PS3.18, annex I.2
SYNTAX_NOT_SUPPORTED: Final = 0xC122
HELD_FOR_A_PERSON: Final = 0xB000
_REASONS: Final[dict[str, int]] = FAILURES | {
    Refusal.STORAGE: OUT_OF_RESOURCES,
    Refusal.OTHER_STUDY: OTHER_KIND,
    Refusal.TRANSFER_SYNTAX: SYNTAX_NOT_SUPPORTED,
    Refusal.UID_TAKEN: PROCESSING_FAILURE,
}


def store(request: Request, study_instance_uid: str) -> HttpResponse:
    """Take every film of a request and answer as the standard says; "" for films of any study.

    200: all are on record. 202: some are, or some wait for a person. 409: none is. 400: no such message.
    Raises Problem for what is no message of films, and Unavailable if nothing can be kept just now.
    """
    answer_type = wants(request, JSON, XML)
    boundary, origin = _boundary(request), _origin(request)
    outcomes: list[InstanceOutcome] = []
    try:
        for outcome in _received(request, origin, boundary, study_instance_uid):
            outcomes.append(outcome)
    except related.BrokenPart as broken:
        outcomes.append(_broken(origin, broken, f"film {len(outcomes) + 1}.dcm"))
        if not any(outcome.is_kept for outcome in outcomes):
            raise Problem(400, "broken_part", "No readable message of films", str(broken)) from broken
    except related.Malformed as malformed:
        raise Problem(400, "unreadable", "No readable message of films", str(malformed)) from malformed
    if not outcomes:
        raise Problem(400, "no_films", "No film", "The message has no part. Send one film a part.")
    kept = [outcome for outcome in outcomes if outcome.is_kept]
    if not kept and all(outcome.code == Refusal.STORAGE for outcome in outcomes):
        raise Unavailable(507, "Not stored: no room", NO_ROOM.text)
    plain = len(kept) == len(outcomes) and not any(outcome.outcome == HELD for outcome in outcomes)
    status = 200 if plain else 202 if kept else 409
    content = _told(request, outcomes)
    body = json.dumps(content, ensure_ascii=False).encode() if answer_type == JSON else _as_xml(content)
    return HttpResponse(body, status=status, content_type=answer_type)


def _boundary(request: Request) -> str:
    header = request.headers.get("Content-Type", "")
    media_type, parameters = related.media_type_of(header)
    if media_type != "multipart/related" or parameters.get("type", "").lower() != DICOM:
        text = f'Send multipart/related; type="{DICOM}"; boundary=…, one DICOM file a part.'
        raise Problem(415, "media_type", "Not a message of DICOM files", text)
    return parameters.get("boundary", "")


def _origin(request: Request) -> Origin:
    token = token_of(request)
    return Origin(token.clinic, token, Door.DICOMWEB, character_set_of(token.clinic))


def _received(request: Request, origin: Origin, boundary: str, study: str) -> Iterator[InstanceOutcome]:
    found = related.parts(request._request, boundary, most_bytes=settings.MAX_FILM_BYTES)
    try:
        for number, part in enumerate(found, 1):
            name = f"film {number}.dcm"
            if not part.whole:
                continue  # BrokenPart comes next
            if part.media_type is None:
                refusal = FilmRefused(Refusal.DAMAGED, "The part's own header is too long, or has no end.")
                yield refuse_instance(origin=origin, refusal=refusal.named(name), film=part)
            elif part.media_type != DICOM:
                refusal = FilmRefused(
                    Refusal.UNSUPPORTED, f"The part is {part.media_type or 'of no type'}, not {DICOM}."
                )
                yield refuse_instance(origin=origin, refusal=refusal.named(name), film=part)
            elif part.file is None:
                yield refuse_instance(origin=origin, refusal=too_many_bytes().named(name), film=part)
            else:
                yield _taken(origin, part, name, study)
    except FilmRefused as refusal:  # the disk filled up while a film came in
        yield InstanceOutcome("", "refused", refusal.code, refusal.text)


def _taken(origin: Origin, part: related.Part, name: str, study: str) -> InstanceOutcome:
    assert part.file is not None
    try:
        return receive_instance(origin=origin, film=part.file, name=name, study_instance_uid=study)
    except FilmRefused as refusal:  # the disk is full: what came before is kept, the rest is to come again
        sop_class, uid = identifiers(part.file)
        return InstanceOutcome(
            name, "refused", refusal.code, refusal.text, sop_class=sop_class, sop_instance_uid=uid
        )


def _broken(origin: Origin, broken: related.BrokenPart, name: str) -> InstanceOutcome:
    """The refusal of a part within which the message breaks off, on record like that of any film."""
    refusal = FilmRefused(Refusal.TRUNCATED, str(broken)).named(name)
    return refuse_instance(origin=origin, refusal=refusal, film=broken)


# --------------------------------------------------------------------------------------- the answer


def _told(request: Request, outcomes: list[InstanceOutcome]) -> dict[str, Any]:
    """The Store Instances Response Module (PS3.18, table I.1-1) in the DICOM JSON model."""
    stored = [_stored(request, outcome) for outcome in outcomes if outcome.is_kept]
    failed = [_failed(outcome) for outcome in outcomes if not outcome.is_kept]
    content: dict[str, Any] = {"00081190": _element("UR", request.build_absolute_uri("/dicom-web/studies"))}
    homes = {outcome.scan.study for outcome in outcomes if outcome.scan is not None}
    if len(homes) == 1:
        address = request.build_absolute_uri(f"/dicom-web/studies/{homes.pop().instance_uid}")
        content["00081190"] = _element("UR", address)
    if failed:
        content["00081198"] = {"vr": "SQ", "Value": failed}
    if stored:
        content["00081199"] = {"vr": "SQ", "Value": stored}
    return content


def _stored(request: Request, outcome: InstanceOutcome) -> dict[str, Any]:
    item = _reference(outcome)
    if outcome.scan is not None:
        item["00081190"] = _element("UR", instance_address(request, outcome.scan))
    if waits(outcome):
        item["00081196"] = _element("US", HELD_FOR_A_PERSON)
        item["00000902"] = _element("LO", outcome.text[:64])
    return item


def _failed(outcome: InstanceOutcome) -> dict[str, Any]:
    known = _REASONS.get(outcome.code, NOT_UNDERSTOOD)
    reason = PROCESSING_FAILURE if outcome.outcome == CONFLICT else known
    item = _reference(outcome)
    item["00081197"] = _element("US", reason)
    item["00000902"] = _element("LO", outcome.text[:64])
    return item


def _reference(outcome: InstanceOutcome) -> dict[str, Any]:
    return {
        "00081150": _element("UI", outcome.sop_class),
        "00081155": _element("UI", outcome.sop_instance_uid),
    }


def _element(representation: str, value: Any) -> dict[str, Any]:
    return {"vr": representation, "Value": [value]} if value not in ("", None) else {"vr": representation}


_KEYWORDS: Final = {
    "00000902": "ErrorComment", "00081150": "ReferencedSOPClassUID", "00081155": "ReferencedSOPInstanceUID",
    "00081190": "RetrieveURL", "00081196": "WarningReason", "00081197": "FailureReason",
    "00081198": "FailedSOPSequence", "00081199": "ReferencedSOPSequence",
}  # fmt: skip


def _as_xml(content: dict[str, Any]) -> bytes:
    """The same answer in the Native DICOM Model (PS3.19, annex A)."""
    root = ElementTree.Element(
        "NativeDicomModel", {"xmlns": "http://dicom.nema.org/PS3.19/models/NativeDICOM"}
    )
    _fill(root, content)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _fill(parent: ElementTree.Element, content: dict[str, Any]) -> None:
    for tag, element in content.items():
        facts = {"tag": tag, "vr": element["vr"], "keyword": _KEYWORDS[tag]}
        node = ElementTree.SubElement(parent, "DicomAttribute", facts)
        for number, value in enumerate(element.get("Value", []), 1):
            if element["vr"] == "SQ":
                _fill(ElementTree.SubElement(node, "Item", {"number": str(number)}), value)
            else:
                ElementTree.SubElement(node, "Value", {"number": str(number)}).text = str(value)
