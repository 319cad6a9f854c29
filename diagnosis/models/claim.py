"""Which doctor has a study open just now."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from diagnosis.models.study import Study


class Claim(models.Model):
    """A doctor's soft claim: it tells colleagues and locks nothing; it ends by itself after the last look.

    Not part of the record: who opened a study is there already, and so is who took one over.
    """

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="claim")
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField("last seen", default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["seen_at"], name="claim_seen")]

    def __str__(self) -> str:
        return f"claim of study {self.study_id}"
