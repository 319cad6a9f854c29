"""The phrases that a clinic's doctors put into their notes."""

import uuid

from django.db import models

from accounts.models import Audited, Clinic


class Phrase(models.Model):
    """A text of a clinic, by its title; its administrator keeps them."""

    AUDITED = Audited("phrase", ("clinic", "title", "text", "active"))

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="phrases")
    title = models.CharField(max_length=80)
    text = models.CharField(max_length=1000)
    active = models.BooleanField("in use", default=True)

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title
