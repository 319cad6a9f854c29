"""The findings and the triage of a film."""

from django.db import models


class Finding(models.TextChoices):
    """The findings that a person or the network can name; the same codes as in `cnn.findings`."""

    COVID19 = "covid19", "COVID-19"
    PNEUMONIA = "pneumonia", "Pneumonia"
    NORMAL = "normal", "Normal"
    OTHER = "other", "Other finding"


class Triage(models.TextChoices):
    """The network's triage, from its probability of an abnormal film."""

    PATHOLOGICAL = "pathological", "Pathological"
    UNSURE = "unsure", "Unsure"
    NORMAL = "normal", "Normal"
