"""WADO-RS: the films themselves, their headers, frames and pictures (PS3.18, 10.4)."""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request

from accounts.sittings import computers_sitting
from diagnosis.api.problems import Problem
from diagnosis.api.token_view import token_of
from diagnosis.dicomweb import attributes
from diagnosis.dicomweb.authority import DICOM, JSON, RELATED, dicom_json, transfer_syntaxes, wants
from diagnosis.dicomweb.searching import films_for
from diagnosis.forms import WindowForm
from diagnosis.imaging.dicom import confined, syntaxes
from diagnosis.imaging.dicom.header import read_pixel_layout
from diagnosis.imaging.dicom.nameless import HeldBack
from diagnosis.imaging.refusal import DecodingTooSlow, FilmRefused
from diagnosis.models import Scan
from diagnosis.services import history, pictures, storage
from diagnosis.services.delivery.answers import NotDelivered
from diagnosis.services.delivery.files import dicom_file
from diagnosis.services.film_files import room

CHUNK: Final = 256 * 1024
JPEG: Final = "image/jpeg"
AS_STORED: Final = frozenset({"*"})
MOST_CONVERTED: Final = 20  # films in one answer; each takes seconds
# PS3.18, table 8.7.3-5
_FRAME_TYPES: Final = {
    syntaxes.BASELINE: "image/jpeg",
    syntaxes.EXTENDED: "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    syntaxes.LOSSLESS: "image/jpeg",
    syntaxes.LS: "image/jls",
    syntaxes.LS_LOSSY: "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    syntaxes.J2K: "image/jp2",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    syntaxes.HTJ2K: "image/jphc",
    syntaxes.RLE: "image/dicom-rle",
}


def films(request: Request, study: str, series: str = "", instance: str = "") -> HttpResponseBase:
    """The films, each a part; a single one also by itself. Each keeps its transfer syntax where the client
    takes that, and is turned into explicit little endian where it does not.
    """
    found = _found(request, study, series, instance)
    media_type = wants(request, RELATED, DICOM) if len(found) == 1 else wants(request, RELATED)
    taken = transfer_syntaxes(request)
    if not AS_STORED & taken and len(found) > MOST_CONVERTED:
        raise _not_in(f"at most {MOST_CONVERTED} films are looked through at once. Ask film by film.")
    files = [_file(film, taken) for film in found]
    for film in found:
        history.original_downloaded(scan=film, reader=token_of(request))
    if media_type == DICOM:
        return FileResponse(_stream(files[0]), content_type=DICOM)
    return _related(DICOM, [(DICOM, file) for file in files])


def headers(request: Request, study: str, series: str = "", instance: str = "") -> HttpResponse:
    """What the films' headers say, but for their pixels."""
    wants(request, JSON)
    found = _found(request, study, series, instance)
    told = [_header(film) for film in found]
    history.study_viewed(study=found[0].study, reader=token_of(request), sitting=computers_sitting())
    return dicom_json(told)


def _header(film: Scan) -> attributes.Json:
    try:
        with _opened(film) as file:
            return attributes.metadata(film, file)
    except Problem:
        raise
    except Exception:  # only our own reader understands it: what the record says is told
        return attributes.instance_row(film.study, film, "") | attributes.as_json(
            attributes.of_study(film.study)
        )


def frames(request: Request, study: str, series: str, instance: str, numbers: str) -> HttpResponseBase:
    """The film's one frame as stored: little endian if it is not compressed, else its stream."""
    wants(request, RELATED, "application/octet-stream")
    [film] = _found(request, study, series, instance)
    if set(numbers.split(",")) != {"1"}:
        raise Http404
    media_type, content = _frame(_opened(film))
    history.original_downloaded(scan=film, reader=token_of(request))
    return _related(media_type.split(";")[0], [(media_type, content)])


def picture(request: Request, study: str, series: str, instance: str) -> HttpResponseBase:
    """The film as a screen shows it, as it came: nothing here could say that it was turned or inverted."""
    wants(request, JPEG)
    [film] = _found(request, study, series, instance)
    if "window" in request.query_params:
        return _in_window(request, film)
    return _shown(request, film, _as_it_came(film, film.display, storage.display_path(film)))


def _in_window(request: Request, film: Scan) -> HttpResponse:
    """The film in the window that the query asks for: centre, width, function (PS3.18, 8.3.5.1.4)."""
    parts = request.query_params["window"].split(",")
    names = ("center", "width", "function")
    form = WindowForm(dict(zip(names, parts, strict=False)) | {"function": _function(parts)})
    if len(parts) != 3 or not form.is_valid():
        text = "Ask with window=centre,width,function: two numbers, and linear, linear-exact or sigmoid."
        raise Problem(400, "bad_window", "No such window", text)
    if not pictures.has_window(film):
        raise Problem(400, "no_window", "No window here", "Only DICOM films can be shown in another window.")
    history.study_viewed(study=film.study, reader=token_of(request), sitting=computers_sitting())
    asked = form.cleaned_data
    try:
        content = pictures.in_window(
            film, centre=asked["center"], width=asked["width"], function=asked["function"]
        )
    except FilmRefused as refusal:
        raise Problem(409, "no_picture", "No picture", refusal.text) from refusal
    except (DecodingTooSlow, MemoryError, OSError) as error:
        text = "The film could not be decoded just now. Try again in a minute."
        raise Problem(503, "no_picture", "No picture", text) from error
    return HttpResponse(content, content_type=JPEG)


def _function(parts: Sequence[str]) -> str:
    return parts[2].strip().upper().replace("-", "_") if len(parts) == 3 else ""


def small_picture(request: Request, study: str, series: str = "", instance: str = "") -> HttpResponseBase:
    """A small picture of the film, or of the first one of a series or study."""
    wants(request, JPEG)
    film = _found(request, study, series, instance)[0]
    return _shown(request, film, _as_it_came(film, film.thumbnail, storage.thumbnail_path(film)))


# ---------------------------------------------------------------------------------------------- parts


def _found(request: Request, study: str, series: str, instance: str) -> Sequence[Scan]:
    wanted = {"study__instance_uid": study, "series_instance_uid": series, "sop_instance_uid": instance}
    found = films_for(token_of(request)).filter(**{name: uid for name, uid in wanted.items() if uid})
    films = list(found)
    if not films:
        raise Http404
    return films


def _as_it_came(film: Scan, stored: str, came: str) -> str:
    return storage.existing(came) if film.shown_corrections else stored


def _shown(request: Request, film: Scan, stored: str) -> HttpResponseBase:
    path = storage.path_of(stored)
    if not stored or not path.is_file():
        text = "The film has no picture yet: it waits for its analysis, or could not be read."
        raise Problem(404, "no_picture", "No picture", text)
    history.study_viewed(study=film.study, reader=token_of(request), sitting=computers_sitting())
    return FileResponse(path.open("rb"), content_type=JPEG)


def _opened(film: Scan) -> BinaryIO:
    """The film's DICOM file; raises like `_file`."""
    return _stream(_file(film, AS_STORED))


def _stream(file: BinaryIO | Path) -> BinaryIO:
    return file.open("rb") if isinstance(file, Path) else file


def _file(film: Scan, taken: frozenset[str]) -> BinaryIO | Path:
    """The film's DICOM file in a transfer syntax of those, as stored if that is one of them.

    The path of one that lies on disk, to be opened when its turn comes. Raises Problem where there is none,
    or where its header names somebody else.
    """
    try:
        with dicom_file(film, as_it_came=True) as made:
            if {"*", made.told.transfer_syntax} & taken:
                if made.path == storage.path_of(film.original):
                    return made.path
                return made.path.open("rb")  # stays readable, whatever becomes of a file made for this
            if syntaxes.EXPLICIT not in taken:
                raise _not_in(f"it is stored as {made.told.transfer_syntax}, and can be had so or as "
                              f"{syntaxes.EXPLICIT}.")  # fmt: skip
            converted = TemporaryFile()  # noqa: SIM115  (closed by the answer)
            converted.write(confined.explicit(made.path, room()))
            converted.seek(0)
            return cast(BinaryIO, converted)
    except NotDelivered as why:
        raise Problem(409, "no_dicom", "Not available as DICOM", str(why)) from why
    except HeldBack as why:
        raise _not_in(f"it cannot be turned into explicit little endian. {why}") from why


def _not_in(why: str) -> Problem:
    return Problem(406, "not_acceptable", "No such transfer syntax here", f"The film cannot be had so: {why}")


def _frame(file: BinaryIO) -> tuple[str, bytes]:
    """The media type and the bytes of a film's frame."""
    with file:
        try:
            layout = read_pixel_layout(file)
            content = b"".join(layout.read(span) for span in layout.spans)
        except FilmRefused as refusal:
            raise Problem(404, "no_frame", "No such frame", refusal.text) from refusal
    if layout.stream is None:
        if layout.big and layout.allocated == 16:
            content = _swapped(content)
        return f"application/octet-stream;transfer-syntax={syntaxes.EXPLICIT}", content
    return f"{_FRAME_TYPES[layout.syntax]};transfer-syntax={layout.syntax}", content


def _swapped(content: bytes) -> bytes:
    swapped = bytearray(len(content))
    swapped[0::2], swapped[1::2] = content[1::2], content[0::2]
    return bytes(swapped)


def _related(kind: str, members: Sequence[tuple[str, BinaryIO | Path | bytes]]) -> StreamingHttpResponse:
    """A multipart/related answer, a member after the other from the disk."""
    boundary = uuid.uuid4().hex

    def pieces() -> Iterator[bytes]:
        for media_type, member in members:
            yield f"--{boundary}\r\nContent-Type: {media_type}\r\n\r\n".encode()
            if isinstance(member, bytes):
                yield member
            else:
                with _stream(member) as stream:
                    while chunk := stream.read(CHUNK):
                        yield chunk
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    return StreamingHttpResponse(pieces(), content_type=f'{RELATED}; type="{kind}"; boundary={boundary}')
