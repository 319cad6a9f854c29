"""The words for what a film shows and what to do next."""

from django.db import models


class Finding(models.TextChoices):
    """The findings a person or the network can name; the same words as `cnn.findings`."""

    COVID19 = "covid19", "COVID-19"
    PNEUMONIA = "pneumonia", "Pneumonia"
    NORMAL = "normal", "Normal"
    OTHER = "other", "Other finding"


class Triage(models.TextChoices):
    """What to do next, from the network's probability that something is abnormal."""

    PATHOLOGICAL = "pathological", "Pathological"
    UNSURE = "unsure", "Unsure"
    NORMAL = "normal", "Normal"
