"""Finds the network that somebody named on the command line."""

from django.core.management.base import CommandError

from diagnosis.models import ModelVersion


def registered(name: str, version: str) -> ModelVersion:
    """The registered network of this name and version. Raises CommandError, which lists the others."""
    found = ModelVersion.objects.filter(name=name, version=version).first()
    if found is None:
        known = ", ".join(str(each) for each in ModelVersion.objects.all()) or "none"
        raise CommandError(f"{name} {version} is not registered. Registered are: {known}.")
    return found
