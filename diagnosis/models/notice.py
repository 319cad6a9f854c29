"""What a person is told about a study: in the portal, by mail or both, each thing once."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Clinic
from diagnosis.models.study import Study


class NoticeKind(models.TextChoices):
    URGENT_WAITING = "urgent_waiting", "An urgent study waits to be read"
    OVERDUE = "overdue", "A study is overdue"
    FILM_REFUSED = "film_refused", "A film was refused"
    QUESTION = "question", "A question about a study"
    ANSWER = "answer", "An answer to a question"
    REFERRAL = "referral", "A study is asked to be read elsewhere, declined or passed on"
    READING_SIGNED = "reading_signed", "A reading is signed"
    CRITICAL_WAITING = "critical_waiting", "A critical result is not acknowledged"


class Notice(models.Model):
    """One thing that one person is told. Work state: what happened is in the record, with its own event.

    `about`: tells apart several notices of one kind about one study, such as a question's public id.
    `detail`: a code that the words are chosen by. `mail_due_at`: when it is to be mailed, until it is.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # No constraint on the two: they would have the database lock rows that come before the study's.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_constraint=False, related_name="notices"
    )
    clinic = models.ForeignKey(
        Clinic, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    kind = models.CharField(max_length=16, choices=NoticeKind.choices)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="notices")
    about = models.CharField(max_length=64, default="", blank=True)
    detail = models.CharField(max_length=64, default="", blank=True)
    in_portal = models.BooleanField(default=True, help_text="Whether the person wants it in the portal")
    made_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    mail_due_at = models.DateTimeField(null=True, db_index=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "study", "about"], name="notice_once")
        ]
        indexes = [models.Index(fields=["person", "read_at", "-id"], name="notice_inbox")]

    def __str__(self) -> str:
        return f"notice {self.public_id}"
