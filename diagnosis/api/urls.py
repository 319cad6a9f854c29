"""URLs of the API, below /api/."""

from django.urls import path, re_path

from diagnosis.api import pictures, records, reports, reviews, views

urlpatterns = [
    path("v1/studies/", views.StudyList.as_view(), name="api_study_list"),
    path("v1/studies/<uuid:study_id>/", records.StudyDetail.as_view(), name="api_study_detail"),
    path("v1/studies/<uuid:study_id>/report/", reports.StudyReport.as_view(), name="api_study_report"),
    path("v1/studies/<uuid:study_id>/reviews/", reviews.StudyReviews.as_view(), name="api_study_reviews"),
    path("v1/patients/<uuid:patient_id>/", records.PatientDetail.as_view(), name="api_patient_detail"),
    path("v1/films/<uuid:scan_id>/display/", pictures.FilmDisplay.as_view(), name="api_film_display"),
    path("v1/films/<uuid:scan_id>/reviews/", reviews.FilmReviews.as_view(), name="api_film_reviews"),
    path(
        "v1/predictions/<uuid:prediction_id>/heatmap/",
        pictures.PredictionHeatmap.as_view(),
        name="api_prediction_heatmap",
    ),
    path("schema/", views.Schema.as_view(), name="api_schema"),
    path("docs/", views.Docs.as_view(), name="api_docs"),
    re_path(r"^.*$", views.Nothing.as_view(), name="api_nothing"),
]
