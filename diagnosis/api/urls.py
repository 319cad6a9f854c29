"""URLs of the API, below /api/."""

from django.urls import path, re_path

from diagnosis.api import reports, views

urlpatterns = [
    path("v1/studies/", views.StudyList.as_view(), name="api_study_list"),
    path("v1/studies/<uuid:study_id>/", views.StudyDetail.as_view(), name="api_study_detail"),
    path("v1/studies/<uuid:study_id>/report/", reports.StudyReport.as_view(), name="api_study_report"),
    path("schema/", views.Schema.as_view(), name="api_schema"),
    path("docs/", views.Docs.as_view(), name="api_docs"),
    re_path(r"^.*$", views.Nothing.as_view(), name="api_nothing"),
]
