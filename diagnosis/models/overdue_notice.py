"""That a clinic's doctors were told about an overdue study: once."""

from django.db import models
from django.utils import timezone

from diagnosis.models.study import Study


class OverdueNotice(models.Model):
    """A study about which the doctors were told. An errand's mark; the record has the event."""

    study = models.OneToOneField(Study, on_delete=models.PROTECT, related_name="overdue_notice")
    told_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"overdue notice {self.pk}"
