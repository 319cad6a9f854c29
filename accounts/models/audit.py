"""The rows of the audit chain: its events, and the head that names the last one."""

from django.db import models

from accounts.models.append_only import AppendOnlyModel


class AuditHead(models.Model):
    """The single row with the number and hash of the last event, locked while one is appended."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"head {self.sequence}"


class AuditEvent(AppendOnlyModel):
    """One thing that happened. Its hash covers the previous event's hash and everything in this row."""

    sequence = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    # Plain values, not foreign keys: the record must not change when other rows do.
    actor = models.CharField(max_length=254, help_text="E-mail address, token or program that acted")
    clinic_id = models.BigIntegerField(null=True, db_index=True)
    action = models.CharField(max_length=64, db_index=True, help_text="Dotted code, such as study.viewed")
    subject = models.CharField(max_length=100, db_index=True, help_text="Kind and public id, such as study:…")
    study_id = models.CharField(
        max_length=36, blank=True, db_index=True, help_text="Public id of the study concerned"
    )
    facts = models.JSONField(default=dict)
    seals = models.JSONField(
        null=True, help_text="By row and field: a keyed digest of what the event stored there"
    )
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action} {self.subject}"
