"""The addresses of DICOMweb: each method calls what does its work."""

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from diagnosis.dicomweb import retrieving, searching, storing
from diagnosis.dicomweb.authority import DicomWebView
from diagnosis.services.intake.door import takes_films


@takes_films
class Studies(DicomWebView):
    """All studies: look for them, send films of any."""

    def get(self, request: Request) -> HttpResponse:
        return searching.studies(request)

    def post(self, request: Request) -> HttpResponse:
        return storing.store(request, "")


@takes_films
class Study(DicomWebView):
    """One study: fetch it, send films of it."""

    def get(self, request: Request, study: str) -> HttpResponseBase:
        return retrieving.films(request, study)

    def post(self, request: Request, study: str) -> HttpResponse:
        return storing.store(request, study)


class Series(DicomWebView):
    def get(self, request: Request, study: str = "") -> HttpResponse:
        return searching.series(request, study)


class Instances(DicomWebView):
    def get(self, request: Request, study: str = "", series: str = "") -> HttpResponse:
        return searching.instances(request, study, series)


class Films(DicomWebView):
    def get(self, request: Request, study: str, series: str, instance: str = "") -> HttpResponseBase:
        return retrieving.films(request, study, series, instance)


class Metadata(DicomWebView):
    def get(self, request: Request, study: str, series: str = "", instance: str = "") -> HttpResponse:
        return retrieving.headers(request, study, series, instance)


class Frames(DicomWebView):
    def get(self, request: Request, study: str, series: str, instance: str, numbers: str) -> HttpResponseBase:
        return retrieving.frames(request, study, series, instance, numbers)


class Rendered(DicomWebView):
    def get(self, request: Request, study: str, series: str, instance: str) -> HttpResponseBase:
        return retrieving.picture(request, study, series, instance)


class Thumbnail(DicomWebView):
    def get(self, request: Request, study: str, series: str = "", instance: str = "") -> HttpResponseBase:
        return retrieving.small_picture(request, study, series, instance)
