"""Films that arrive by pieces over a slow line, by the protocol tus 1.0.0 (tus.io).

A browser says how long a film is, gets an address, and sends pieces to it; after a broken line it asks how
many bytes are here and goes on behind them. The form that tells whose the films are names their addresses.
"""

import base64
import binascii
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import http_date
from django.views.decorators.http import require_http_methods

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn, wants_json
from accounts.permissions import may_submit
from diagnosis.access import uploads_for
from diagnosis.models import Upload
from diagnosis.services import uploads
from diagnosis.services.intake.door import keeps_what_came, takes_films
from diagnosis.services.intake.films import clean_name
from diagnosis.services.uploads import Refused

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,expiration,termination,checksum"
PIECE: Final = "application/offset+octet-stream"
_BLOCK: Final = 64 * 1024
_LONGEST_METADATA: Final = 4096
_GONE: Final = "A film that was sent is no longer here. Choose it again, and send it again."


@takes_films
@require_http_methods(["OPTIONS", "GET", "HEAD", "POST"])
@allowed_if(may_submit)
def upload_new(request: SignedIn) -> HttpResponse:
    """Give a new film its address, or say what this server can; a person is led to the page of films."""
    if request.method == "OPTIONS":
        return _options()
    if request.method != "POST":
        return redirect("study_new")
    try:
        _check_version(request)
        if "Upload-Defer-Length" in request.headers:
            raise Refused(400, "Say how long the film is: Upload-Length.")
        length = _number(request, "Upload-Length")
        upload = uploads.opened(user=request.user, length=length, name=_file_name(request))
    except Refused as refused:
        return _refused(refused)
    answer = _answer(201, upload)
    answer.headers["Location"] = reverse("upload", args=[upload.public_id])
    return answer


@takes_films
@keeps_what_came
@require_http_methods(["OPTIONS", "HEAD", "PATCH", "DELETE"])
@allowed_if(may_submit)
def upload(request: SignedIn, upload_id: uuid.UUID) -> HttpResponse:
    """How much of a film is here (HEAD), its next piece (PATCH), or that it is wanted no more (DELETE)."""
    if request.method == "OPTIONS":
        return _options()
    found = get_object_or_404(uploads_for(request.user), public_id=upload_id)
    try:
        _check_version(request)
        if request.method == "PATCH":
            return _piece_taken(request, found)
    except Refused as refused:
        return _refused(refused)
    if request.method == "DELETE":
        uploads.discard(found)
        return _answer(204)
    return _refused(Refused(410, uploads.OVER)) if uploads.is_over(found) else _answer(200, found)


def _piece_taken(request: SignedIn, found: Upload) -> HttpResponse:
    if request.content_type != PIECE:
        raise Refused(415, f"Send a piece of a film as {PIECE}.")
    offset, checksum = _number(request, "Upload-Offset"), _checksum(request)
    return _answer(204, uploads.append(found, offset=offset, pieces=_pieces(request), checksum=checksum))


def _pieces(request: SignedIn) -> Iterator[bytes]:
    """What comes, until all of it is here or the line breaks."""
    try:
        while block := request.read(_BLOCK):
            yield block
    except UnreadablePostError:
        return


def _page_of_new(request: SignedIn, upload_id: uuid.UUID) -> str:
    return reverse("study_new")


@sent_from(_page_of_new, may_submit)
def upload_discard(request: SignedIn, upload_id: uuid.UUID) -> HttpResponse:
    """Forget a film that somebody began to send."""
    uploads.discard(get_object_or_404(uploads_for(request.user), public_id=upload_id))
    messages.success(request, "The film is discarded: nothing of it is kept.")
    return redirect("batch" if request.POST.get("page") == "batch" else "study_new")


@contextmanager
def arrived(request: SignedIn, *fields: str) -> Iterator[list[tuple[UploadedFile, str]]]:
    """The files in these fields of a form, and those that came by pieces and that it names.

    Raises Refused where one of these is not whole here.
    """
    with_form = [(file, file.name or "film") for name in fields for file in request.FILES.getlist(name)]
    named = [_identifier(text) for text in request.POST.getlist("uploads")]
    found = {
        row.public_id: row for row in uploads_for(request.user).filter(public_id__in=filter(None, named))
    }
    rows = [found.get(identifier) if identifier else None for identifier in named]
    whole = [row for row in rows if row is not None and row.finished_at is not None]
    if len(whole) < len(rows):
        raise Refused(410, _GONE)
    with uploads.films_of(whole) as films:
        yield [*with_form, *films]


def refused(request: SignedIn, refusal: Refused, page: str) -> HttpResponse:
    """Why the films of a form are not here: to our script, or on the page with the form."""
    if wants_json(request):
        return JsonResponse({"text": refusal.text}, status=refusal.status)
    messages.error(request, refusal.text)
    return redirect(page)


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


# ----------------------------------------------------------------------------------- the protocol's headers


def _check_version(request: SignedIn) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refused(412, f"This server speaks tus {VERSION}: send the header Tus-Resumable.")


def _number(request: SignedIn, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refused(400, f"The header {name} must be a number of bytes.")
    return int(text)


def _file_name(request: SignedIn) -> str:
    """The film's name from Upload-Metadata: pairs of a key and base64, with commas between them."""
    for pair in request.headers.get("Upload-Metadata", "")[:_LONGEST_METADATA].split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            return clean_name(_from_base64(value).decode(errors="replace"))
    return clean_name("")


def _checksum(request: SignedIn) -> tuple[str, bytes] | None:
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    name, _, value = text.partition(" ")
    if name not in uploads.DIGESTS:
        raise Refused(400, f"Upload-Checksum: this server knows {' and '.join(uploads.DIGESTS)}.")
    return name, _from_base64(value)


def _from_base64(value: str) -> bytes:
    try:
        return base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(400, "A header is not the base64 that it should be.") from error


def _options() -> HttpResponse:
    answer = HttpResponse(status=204)
    answer.headers["Tus-Version"] = VERSION
    answer.headers["Tus-Extension"] = EXTENSIONS
    answer.headers["Tus-Max-Size"] = str(settings.MAX_REQUEST_BYTES)
    answer.headers["Tus-Checksum-Algorithm"] = ",".join(uploads.DIGESTS)
    return _tus(answer)


def _answer(status: int, about: Upload | None = None) -> HttpResponse:
    answer = HttpResponse(status=status)
    if about is not None:
        answer.headers["Upload-Offset"] = str(about.offset)
        answer.headers["Upload-Length"] = str(about.length)
        answer.headers["Upload-Expires"] = http_date(about.expires_at.timestamp())
    answer.headers["Cache-Control"] = "no-store"
    return _tus(answer)


def _refused(refused: Refused) -> HttpResponse:
    answer = JsonResponse({"text": refused.text}, status=refused.status)
    if refused.status == 412:
        answer.headers["Tus-Version"] = VERSION
    answer.headers["Cache-Control"] = "no-store"
    return _tus(answer)


def _tus(answer: HttpResponse) -> HttpResponse:
    answer.headers["Tus-Resumable"] = VERSION
    return answer
