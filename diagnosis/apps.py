"""The diagnosis application: films, their analysis and their review."""

from django.apps import AppConfig


class DiagnosisConfig(AppConfig):
    name = "diagnosis"

    def ready(self) -> None:
        from diagnosis import checks  # noqa: F401 - importing registers them; models must be loaded first
