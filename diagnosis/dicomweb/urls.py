"""URLs of DICOMweb, below /dicom-web/."""

from django.urls import path, re_path, register_converter

from diagnosis.api.views import Nothing
from diagnosis.dicomweb import views


class UidConverter:
    """An identifier of DICOM: digits and dots, at most 64."""

    regex = r"[0-9.]{1,64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(UidConverter, "uid")

_STUDY = "studies/<uid:study>"
_SERIES = f"{_STUDY}/series/<uid:series>"
_INSTANCE = f"{_SERIES}/instances/<uid:instance>"

urlpatterns = [
    path("studies", views.Studies.as_view(), name="dicomweb_studies"),
    path("series", views.Series.as_view(), name="dicomweb_all_series"),
    path("instances", views.Instances.as_view(), name="dicomweb_all_instances"),
    path(_STUDY, views.Study.as_view(), name="dicomweb_study"),
    path(f"{_STUDY}/series", views.Series.as_view(), name="dicomweb_study_series"),
    path(f"{_STUDY}/instances", views.Instances.as_view(), name="dicomweb_study_instances"),
    path(f"{_STUDY}/metadata", views.Metadata.as_view(), name="dicomweb_study_metadata"),
    path(f"{_STUDY}/thumbnail", views.Thumbnail.as_view(), name="dicomweb_study_thumbnail"),
    path(_SERIES, views.Films.as_view(), name="dicomweb_series"),
    path(f"{_SERIES}/instances", views.Instances.as_view(), name="dicomweb_series_instances"),
    path(f"{_SERIES}/metadata", views.Metadata.as_view(), name="dicomweb_series_metadata"),
    path(f"{_SERIES}/thumbnail", views.Thumbnail.as_view(), name="dicomweb_series_thumbnail"),
    path(_INSTANCE, views.Films.as_view(), name="dicomweb_instance"),
    path(f"{_INSTANCE}/metadata", views.Metadata.as_view(), name="dicomweb_instance_metadata"),
    path(f"{_INSTANCE}/frames/<str:numbers>", views.Frames.as_view(), name="dicomweb_frames"),
    path(f"{_INSTANCE}/rendered", views.Rendered.as_view(), name="dicomweb_rendered"),
    path(f"{_INSTANCE}/thumbnail", views.Thumbnail.as_view(), name="dicomweb_thumbnail"),
    re_path(r"^.*$", Nothing.as_view(), name="dicomweb_nothing"),
]
