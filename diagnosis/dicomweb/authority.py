"""What every address of DICOMweb has in common: a token, no cached answers, problems in words."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from diagnosis.api.problems import Problem
from diagnosis.api.token_view import TokenView
from diagnosis.dicomweb.related import media_type_of

JSON = "application/dicom+json"
DICOM = "application/dicom"
RELATED = "multipart/related"


class _AnyType(BaseContentNegotiation):
    """Leaves the media type to the view: a DICOMweb client asks for types that no renderer has."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None


class DicomWebView(TokenView):
    """A view that a token opens; it reads the body itself."""

    parser_classes = ()
    content_negotiation_class = _AnyType
    schema = None  # the standard describes it


def _taken(request: Request) -> list[tuple[str, dict[str, str]]]:
    """The media types that the client takes, each with its parameters."""
    header = request.query_params.get("accept") or request.headers.get("Accept") or "*/*"
    return [media_type_of(part.strip()) for part in _split(header)]


def transfer_syntaxes(request: Request) -> frozenset[str]:
    """The transfer syntaxes in which the client takes films; "*" is whichever they are stored in."""
    return frozenset(
        parameters.get("transfer-syntax", "*")
        for media_type, parameters in _taken(request)
        if media_type in (DICOM, RELATED, "application/*", "multipart/*", "*/*")
    )


def wants(request: Request, *offered: str) -> str:
    """The first media type of those offered that the client takes; the Accept header's order does not count.

    Raises Problem(406) if it takes none.
    """
    taken = {media_type for media_type, _ in _taken(request)}
    for media_type in offered:
        if {media_type, media_type.split("/")[0] + "/*", "*/*"} & taken:
            return media_type
    text = f"This address answers with {' or '.join(offered)}. Name one of them in the Accept header."
    raise Problem(406, "not_acceptable", "No such media type here", text)


def _split(header: str) -> list[str]:
    """The parts of an Accept header; a comma between quotation marks separates nothing."""
    parts, quoted = [""], False
    for letter in header:
        quoted ^= letter == '"'
        if letter == "," and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def dicom_json(content: Any, status: int = 200) -> HttpResponse:
    """An answer in the DICOM JSON model (PS3.18, annex F)."""
    return JsonResponse(
        content, safe=False, status=status, content_type=JSON, json_dumps_params={"ensure_ascii": False}
    )
