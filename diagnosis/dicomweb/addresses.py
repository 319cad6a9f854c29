"""The addresses of studies, series and films as DICOMweb names them, beginning as the portal is reached."""

from django.urls import reverse
from rest_framework.request import Request

from diagnosis.models import Scan, Study


def study_address(request: Request, study: Study) -> str:
    return _whole(request, reverse("dicomweb_study", args=[study.instance_uid]))


def series_address(request: Request, study: Study, series: str) -> str:
    return _whole(request, reverse("dicomweb_series", args=[study.instance_uid, series]))


def instance_address(request: Request, scan: Scan) -> str:
    names = [scan.study.instance_uid, scan.series_instance_uid, scan.sop_instance_uid]
    return _whole(request, reverse("dicomweb_instance", args=names))


def _whole(request: Request, path: str) -> str:
    return request.build_absolute_uri(path)
