"""Addresses of this part of the portal."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def _soon(request: HttpRequest, **parts: object) -> HttpResponse:
    return HttpResponse("This page is being built.", status=503, content_type="text/plain")


urlpatterns = [
    path("worklist/", _soon, name="worklist"),
    path("patients/<uuid:patient_id>/", _soon, name="patient_detail"),
    path("patients/<uuid:patient_id>/edit/", _soon, name="patient_edit"),
    path("studies/new/", _soon, name="study_new"),
    path("studies/<uuid:study_id>/", _soon, name="study_detail"),
    path("studies/<uuid:study_id>/edit/", _soon, name="study_edit"),
    path("studies/<uuid:study_id>/scans/", _soon, name="study_add_scans"),
    path("studies/<uuid:study_id>/result/", _soon, name="study_result"),
    path("studies/<uuid:study_id>/report/", _soon, name="study_report"),
    path("scans/<uuid:scan_id>/display/", _soon, name="scan_display"),
    path("scans/<uuid:scan_id>/thumbnail/", _soon, name="scan_thumbnail"),
    path("scans/<uuid:scan_id>/original/", _soon, name="scan_original"),
    path("scans/<uuid:scan_id>/retry/", _soon, name="scan_retry"),
    path("scans/<uuid:scan_id>/review/", _soon, name="scan_review"),
    path("predictions/<uuid:prediction_id>/heatmap/", _soon, name="prediction_heatmap"),
]
