"""Shows a DICOM film in the window that is asked for, and hands films over in full to the viewer."""

import json
import logging
import uuid

from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_see_records
from diagnosis.access import shown_scan_or_404
from diagnosis.forms import WindowForm
from diagnosis.imaging.refusal import DecodingTooSlow, FilmRefused
from diagnosis.services import pictures
from diagnosis.views.films import record_look

PACKING = "1"  # of `imaging.frame.packed`: browsers keep what they got

logger = logging.getLogger(__name__)


@require_safe
@allowed_if(may_see_records)
def scan_window(request: SignedIn, scan_id: uuid.UUID) -> HttpResponse:
    """The film in a window, by ?center= and ?width=; recorded as a look at its study, once a sitting."""
    scan = shown_scan_or_404(request.user, scan_id)
    form = WindowForm(request.GET)
    if not form.is_valid():
        return _text(
            "Ask with ?center= and ?width=: numbers of the film's own values, the width at least 1.", 400
        )
    if not pictures.has_window(scan):
        raise Http404("Only DICOM films can be shown in another window.")
    record_look(request, scan)
    asked = form.cleaned_data
    try:
        picture = pictures.in_window(
            scan, centre=asked["center"], width=asked["width"], function=asked["function"] or "LINEAR"
        )
    except FilmRefused as refusal:
        return _text(f"The film cannot be shown: {refusal.text}", 422)
    except (DecodingTooSlow, MemoryError, OSError) as error:
        logger.warning("scan %s cannot be shown in a window: %s", scan.pk, type(error).__name__)
        return _text("The film could not be decoded just now. Try again in a minute.", 503)
    response = HttpResponse(picture, content_type="image/jpeg")
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
@allowed_if(may_see_records)
def scan_pixels(request: SignedIn, scan_id: uuid.UUID) -> HttpResponseBase:
    """Every pixel of the film, packed, its facts in a header; recorded as a look at its study."""
    from diagnosis.imaging.frame import packed  # few requests need it

    scan = shown_scan_or_404(request.user, scan_id)
    record_look(request, scan)
    etag = quote_etag("-".join([scan.sha256, *sorted(scan.shown_corrections), PACKING]))
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            frame = pictures.whole(scan)
            response = HttpResponse(packed(frame), content_type="application/octet-stream")
        except FilmRefused as refusal:
            return _text(f"The full film cannot be shown: {refusal.text}", 422)
        except (DecodingTooSlow, MemoryError, OSError) as error:
            logger.warning("scan %s cannot be shown in full: %s", scan.pk, type(error).__name__)
            return _text("The full film could not be decoded just now. Try again in a minute.", 503)
        response["Content-Encoding"] = "gzip"
        response["X-Film"] = json.dumps(frame.facts)
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _text(words: str, status: int) -> HttpResponse:
    response = HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    return response
