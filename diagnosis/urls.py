"""URLs of the pages about patients, studies and films."""

from django.urls import path

from diagnosis.views import (
    cancelling,
    deliveries,
    exporting,
    films,
    intake,
    merging,
    moving,
    patients,
    report,
    review,
    study,
    windows,
    worklist,
)

urlpatterns = [
    path("worklist/", worklist.worklist, name="worklist"),
    path("patients/<uuid:patient_id>/", patients.patient_detail, name="patient_detail"),
    path("patients/<uuid:patient_id>/edit/", patients.patient_edit, name="patient_edit"),
    path("patients/<uuid:patient_id>/merge/", merging.patient_merge, name="patient_merge"),
    path("patients/<uuid:patient_id>/unmerge/", merging.patient_unmerge, name="patient_unmerge"),
    path("studies/new/", intake.study_new, name="study_new"),
    path("studies/<uuid:study_id>/", study.study_detail, name="study_detail"),
    path("studies/<uuid:study_id>/edit/", intake.study_edit, name="study_edit"),
    path("studies/<uuid:study_id>/cancel/", cancelling.study_cancel, name="study_cancel"),
    path("studies/<uuid:study_id>/reopen/", cancelling.study_reopen, name="study_reopen"),
    path("studies/<uuid:study_id>/send/", deliveries.study_send, name="study_send"),
    path("studies/<uuid:study_id>/export/", exporting.study_export, name="study_export"),
    path("studies/<uuid:study_id>/scans/", intake.study_add_scans, name="study_add_scans"),
    path("studies/<uuid:study_id>/result/", study.study_result, name="study_result"),
    path("studies/<uuid:study_id>/report/", report.study_report, name="study_report"),
    path("scans/<uuid:scan_id>/display/", films.scan_display, name="scan_display"),
    path("scans/<uuid:scan_id>/window/", windows.scan_window, name="scan_window"),
    path("scans/<uuid:scan_id>/thumbnail/", films.scan_thumbnail, name="scan_thumbnail"),
    path("scans/<uuid:scan_id>/original/", films.scan_original, name="scan_original"),
    path("scans/<uuid:scan_id>/retry/", intake.scan_retry, name="scan_retry"),
    path("scans/<uuid:scan_id>/set-aside/", review.scan_set_aside, name="scan_set_aside"),
    path("scans/<uuid:scan_id>/take-back/", review.scan_take_back, name="scan_take_back"),
    path("scans/<uuid:scan_id>/move/", moving.scan_move, name="scan_move"),
    path("scans/<uuid:scan_id>/review/", review.scan_review, name="scan_review"),
    path("deliveries/", deliveries.delivery_list, name="delivery_list"),
    path("deliveries/<uuid:delivery_id>/retry/", deliveries.delivery_retry, name="delivery_retry"),
    path("predictions/<uuid:prediction_id>/heatmap/", films.prediction_heatmap, name="prediction_heatmap"),
]
