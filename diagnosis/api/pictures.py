"""The pictures of a film, for a clinic's computer: the film as pages show it, and the network's heatmap."""

from typing import Any, Final

from django.http import FileResponse, Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.sittings import computers_sitting
from diagnosis import access
from diagnosis.api.problems import MEDIA_TYPE, Problem
from diagnosis.api.renderers import JpegRenderer, PngRenderer
from diagnosis.api.schema.answers import COMMON, problem
from diagnosis.api.token_view import TokenView, token_of
from diagnosis.models import Study
from diagnosis.services import history, storage

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
DISPLAY: Final[dict[str, Any]] = {
    "operation_id": "film_display",
    "tags": ["films"],
    "responses": {
        (200, JPEG): OpenApiTypes.BINARY,
        (404, MEDIA_TYPE): problem("No such film in your clinic, or it has no picture yet (`no_picture`)."),
        **COMMON,
    },
}
HEATMAP: Final[dict[str, Any]] = {
    "operation_id": "prediction_heatmap",
    "tags": ["films"],
    "responses": {
        (200, PNG): OpenApiTypes.BINARY,
        (404, MEDIA_TYPE): problem("No such result in your clinic, or it has no heatmap (`no_heatmap`)."),
        **COMMON,
    },
}


class FilmDisplay(TokenView):
    """The picture of one film of the token's clinic."""

    renderer_classes = (JSONRenderer, JpegRenderer)

    @extend_schema(**DISPLAY)
    def get(self, request: Request, scan_id: Any) -> HttpResponseBase:
        """Fetch a film as the pages show it: a JPEG with at most 2048 pixels on a side.

        It is turned and inverted where the network's checks said so (`prediction`, `corrections`). The film
        as it came is fetched by DICOMweb. On record like opening the study's page.
        """
        film = access.scans_for(token_of(request)).select_related("study").filter(public_id=scan_id).first()
        if film is None:
            raise Http404
        text = "The film has no picture yet: it waits for its analysis, or could not be read."
        return _file(request, film.study, film.display, JPEG, Problem(404, "no_picture", "No picture", text))


class PredictionHeatmap(TokenView):
    """The heatmap of one result in the token's clinic."""

    renderer_classes = (JSONRenderer, PngRenderer)

    @extend_schema(**HEATMAP)
    def get(self, request: Request, prediction_id: Any) -> HttpResponseBase:
        """Fetch what moved the network's answer: a transparent PNG to lay over the film's picture.

        Stretch it over the whole picture. It shows no outline of a disease, and where no limits count
        (`standing` of the result) it is as unproven as the result. There is none where the film is now shown
        otherwise than the network saw it, since it would lie wrongly.
        """
        found = access.predictions_for(token_of(request)).select_related("scan__study")
        prediction = found.filter(public_id=prediction_id).first()
        if prediction is None:
            raise Http404
        text = "There is no heatmap that fits the film as it is shown."
        nothing = Problem(404, "no_heatmap", "No heatmap", text)
        return _file(request, prediction.scan.study, prediction.heatmap_in_frame, PNG, nothing)


def _file(request: Request, study: Study, stored: str, media_type: str, nothing: Problem) -> FileResponse:
    """The file, its study's reading on record; `nothing` where there is none."""
    path = storage.path_of(stored)
    if not stored or not path.is_file():
        raise nothing
    history.study_viewed(study=study, reader=token_of(request), sitting=computers_sitting())
    return FileResponse(path.open("rb"), content_type=media_type)
