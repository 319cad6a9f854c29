"""What the doctors signed about a study or a film, for a clinic's computer."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import prefetch_related_objects
from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.sittings import computers_sitting
from diagnosis import access
from diagnosis.api.problems import MEDIA_TYPE
from diagnosis.api.schema.answers import COMMON, problem
from diagnosis.api.schema.made import made
from diagnosis.api.serializers import NOTICE
from diagnosis.api.serializers.study import ReviewSerializer
from diagnosis.api.token_view import TokenView, token_of
from diagnosis.models import Scan
from diagnosis.services import history


class FilmReviewsSerializer(serializers.Serializer):
    """A film's reviews, the newest first: that one counts, it replaces those before it."""

    film = serializers.UUIDField()
    reviews = ReviewSerializer(many=True)


class StudyReviewsSerializer(serializers.Serializer):
    """The reviews of each film of a study."""

    films = FilmReviewsSerializer(many=True)
    notice = serializers.CharField()


OF_STUDY: Final[dict[str, Any]] = {
    "operation_id": "study_reviews",
    "tags": ["reviews"],
    "responses": {
        200: OpenApiResponse(StudyReviewsSerializer, examples=[made("study_reviews", "A signed film", 200)]),
        (404, MEDIA_TYPE): problem("No such study in your clinic."),
        **COMMON,
    },
}
OF_FILM: Final[dict[str, Any]] = {
    "operation_id": "film_reviews",
    "tags": ["reviews"],
    "responses": {
        200: OpenApiResponse(FilmReviewsSerializer, examples=[made("film_reviews", "Signed", 200)]),
        (404, MEDIA_TYPE): problem("No such film in your clinic."),
        **COMMON,
    },
}


class StudyReviews(TokenView):
    """The reviews of one study of the token's clinic."""

    @extend_schema(**OF_STUDY)
    def get(self, request: Request, study_id: Any) -> Response:
        """Read what doctors signed about each film of a study, with what was replaced."""
        study = access.study_or_404(token_of(request), study_id)
        films = list(study.scans.all())
        history.study_viewed(study=study, reader=token_of(request), sitting=computers_sitting())
        return Response({"films": _reviews_of(request, films), "notice": NOTICE})


class FilmReviews(TokenView):
    """The reviews of one film of the token's clinic."""

    @extend_schema(**OF_FILM)
    def get(self, request: Request, scan_id: Any) -> Response:
        """Read what doctors signed about a film, with what was replaced."""
        film = access.scans_for(token_of(request)).select_related("study").filter(public_id=scan_id).first()
        if film is None:
            raise Http404
        history.study_viewed(study=film.study, reader=token_of(request), sitting=computers_sitting())
        return Response(_reviews_of(request, [film])[0])


def _reviews_of(request: Request, films: Iterable[Scan]) -> list[dict[str, Any]]:
    films = list(films)
    prefetch_related_objects(films, "reviews__doctor", "reviews__prediction")
    found = [
        {"film": film.public_id, "reviews": sorted(film.reviews.all(), key=lambda review: -review.pk)}
        for film in films
    ]
    return list(FilmReviewsSerializer(found, many=True, context={"request": request}).data)
