"""Serves a film's display image, thumbnail, original and heatmap, each after a permission check."""

import mimetypes
import uuid
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_see_records
from accounts.sittings import sitting_of
from diagnosis.access import scans_for, shown_prediction_or_404, shown_scan_or_404
from diagnosis.models import Prediction, Scan
from diagnosis.services import blindness, history, pictures
from diagnosis.views.contexts.blind import to_read_blind

SCREEN_SIDE = 1024  # a screen seldom shows more pixels of a whole film: a quarter to a third of the bytes
ROW_SIDE = 128
HEATMAP_LOOK = "2"  # of `cnn.heatmap.colour_table`


@require_safe
@allowed_if(may_see_records)
def scan_display(request: SignedIn, scan_id: uuid.UUID) -> HttpResponseBase:
    """The film's display image, `?screen`: a smaller one; recorded as a look at its study, once a sitting."""
    scan = shown_scan_or_404(request.user, scan_id)
    _existing(scan.display)
    record_look(request, scan)
    return picture(request, scan.display, side=SCREEN_SIDE if "screen" in request.GET else None)


@require_safe
@allowed_if(may_see_records)
def scan_thumbnail(request: SignedIn, scan_id: uuid.UUID) -> HttpResponseBase:
    """The film's thumbnail, `?row`: a smaller one; recorded likewise, unless a list on record showed it."""
    scan = shown_scan_or_404(request.user, scan_id)
    _existing(scan.thumbnail)
    history.thumbnail_viewed(study=scan.study, reader=request.user, sitting=sitting_of(request))
    return picture(request, scan.thumbnail, side=ROW_SIDE if "row" in request.GET else None)


@require_safe
@allowed_if(may_see_records)
def prediction_heatmap(request: SignedIn, prediction_id: uuid.UUID) -> HttpResponseBase:
    """The heatmap, transparent, to lay over the film; recorded as a look at its study, once a sitting."""
    prediction = shown_prediction_or_404(request.user, prediction_id)
    if to_read_blind(request.user, [prediction.scan.study]):
        raise Http404("Read this film blind first, or open its study.")
    _existing(prediction.heatmap)
    history.study_viewed(study=prediction.scan.study, reader=request.user, sitting=sitting_of(request))
    return _drawn(request, prediction)


def _drawn(request: SignedIn, prediction: Prediction) -> HttpResponseBase:
    """The heatmap in today's colours, whose name is part of the tag: an older browser's copy has others."""
    etag = quote_etag(f"{prediction.public_id}-{HEATMAP_LOOK}")
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        pictures.heatmap(prediction), content_type="image/png"
    )
    return _private(response, etag)


@require_safe
@allowed_if(may_see_records)
def scan_original(request: SignedIn, scan_id: uuid.UUID) -> HttpResponseBase:
    """The original film as a download, byte for byte; recorded in the audit trail."""
    scan = get_object_or_404(scans_for(request.user).select_related("study"), public_id=scan_id)
    path = _existing(scan.original)
    history.original_downloaded(scan=scan, reader=request.user)
    name = "".join(letter for letter in scan.original_name if letter.isprintable())
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=scan.media_type)
    response["Cache-Control"] = "private, no-store"
    return response


def record_look(request: SignedIn, scan: Scan) -> None:
    """Note that the film alone was shown: to whom no answer is told yet, as that."""
    if blindness.is_unheard(request.user, scan.study):
        history.shown_blind(scan=scan, reader=request.user, sitting=sitting_of(request))
    else:
        history.study_viewed(study=scan.study, reader=request.user, sitting=sitting_of(request))


def picture(request: SignedIn, stored: str, *, side: int | None = None) -> HttpResponseBase:
    """A file below DATA_DIR; browsers may cache it but must ask each time, so that a sign-out counts."""
    path = _existing(stored)
    facts = path.stat()
    etag = quote_etag(f"{facts.st_mtime_ns:x}-{facts.st_size:x}-{side or ''}")
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    response = get_conditional_response(request, etag=etag)
    if response is None and side is not None:
        response = HttpResponse(pictures.smaller(path, side=side), content_type=media_type)
    return _private(response or FileResponse(path.open("rb"), content_type=media_type), etag)


def _private(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _existing(stored: str) -> Path:
    path = Path(settings.DATA_DIR) / stored
    if not stored or not path.is_file():
        raise Http404("There is no such picture.")
    return path
