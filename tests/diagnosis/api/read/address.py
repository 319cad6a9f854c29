"""Where a clinic's computer reads about a study."""

from django.urls import reverse


def url(study) -> str:
    return reverse("api_study_detail", args=[study.public_id])
