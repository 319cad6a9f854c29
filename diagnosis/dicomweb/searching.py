"""QIDO-RS: which studies, series and films there are that the token may see (PS3.18, 10.6)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from rest_framework.request import Request

from accounts.models import ApiToken
from accounts.sittings import computers_sitting
from diagnosis import access
from diagnosis.api.token_view import token_of
from diagnosis.dicomweb import attributes, query
from diagnosis.dicomweb.addresses import instance_address, series_address, study_address
from diagnosis.dicomweb.authority import JSON, dicom_json, wants
from diagnosis.dicomweb.query import Query
from diagnosis.models import Scan, Study
from diagnosis.services import history

FUZZY = '299 carina "The fuzzymatching parameter is not supported. Only literal matching has been performed."'


def films_for(token: ApiToken) -> QuerySet[Scan]:
    """The films that a token may see, but for those that a person took out and cancelled studies'."""
    kept = access.scans_for(token).filter(set_aside_at=None, study__cancelled_at=None)
    return kept.select_related("study__patient", "study__clinic").order_by(
        "-study__created_at", "study", "pk"
    )


def studies(request: Request) -> HttpResponse:
    """The studies that match the address's keys."""
    wants(request, JSON)
    token = token_of(request)
    asked = query.asked(request.query_params, token.clinic)
    films = films_for(token).filter(asked.films)
    found = (
        access.studies_for(token)
        .filter(asked.studies, Exists(films.filter(study=OuterRef("pk")).order_by()))
        .select_related("patient", "clinic")
        .order_by("-created_at", "-pk")
    )
    page = list(found[asked.offset : asked.offset + asked.limit])
    homes: dict[int, list[Scan]] = {study.pk: [] for study in page}
    for film in films_for(token).filter(study__in=page):
        homes[film.study_id].append(film)
    _listed(token, page)
    rows = [attributes.study_row(study, homes[study.pk], study_address(request, study)) for study in page]
    return _answer(rows, asked)


def series(request: Request, study_instance_uid: str) -> HttpResponse:
    """The series of a study, or of every study with "", that match the address's keys."""
    found, asked = _films(request, study_instance_uid)
    rows = []
    for study, films in _by_study(found):
        for uid, members in attributes.by_series(films).items():
            rows.append(
                attributes.series_row(study, uid, members, series_address(request, study, uid))
                | _of_study(study_instance_uid, study)
            )
    return _answer(rows[asked.offset : asked.offset + asked.limit], asked)


def instances(request: Request, study_instance_uid: str, series_instance_uid: str) -> HttpResponse:
    """The films of a series, of a study or of everything, that match the address's keys."""
    found, asked = _films(request, study_instance_uid, series_instance_uid)
    rows = [
        attributes.instance_row(film.study, film, instance_address(request, film))
        | _of_study(study_instance_uid, film.study)
        for film in found
    ]
    return _answer(rows[asked.offset : asked.offset + asked.limit], asked)


def _films(request: Request, study: str, series: str = "") -> tuple[list[Scan], Query]:
    wants(request, JSON)
    token = token_of(request)
    asked = query.asked(request.query_params, token.clinic)
    homes = access.studies_for(token).filter(asked.studies)
    films = films_for(token).filter(asked.films, study__in=homes)
    if study:
        films = films.filter(study__instance_uid=study)
    if series:
        films = films.filter(series_instance_uid=series)
    found = list(films[: query.MOST])
    if study and not films_for(token).filter(study__instance_uid=study).exists():
        raise Http404
    _listed(token, list({film.study_id: film.study for film in found}.values()))
    return found, asked


def _of_study(asked: str, study: Study) -> attributes.Json:
    """The study's attributes, told only where the address does not name it."""
    return {} if asked else attributes.as_json(attributes.of_study(study))


def _by_study(films: Sequence[Scan]) -> list[tuple[Study, list[Scan]]]:
    homes: dict[int, list[Scan]] = {}
    for film in films:
        homes.setdefault(film.study_id, []).append(film)
    return [(members[0].study, members) for members in homes.values()]


def _listed(token: ApiToken, found: Sequence[Study]) -> None:
    rows = [row for study in found for row in (study.patient, study)]
    history.listed(place="dicomweb", rows=rows, reader=token, sitting=computers_sitting())


def _answer(rows: list[Any], asked: Query) -> HttpResponse:
    response = dicom_json(rows)
    if asked.fuzzy:
        response.headers["Warning"] = FUZZY
    return response
