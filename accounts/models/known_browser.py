"""The browsers in which a person has signed in before."""

from django.db import models
from django.utils import timezone

from accounts.models.user import User


class KnownBrowser(models.Model):
    """A person and a browser that have met; the browser holds the key in a cookie, this row only its hash."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_browsers")
    key_hash = models.CharField(max_length=64, editable=False)
    first_used_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key_hash"], name="known_browser_once")]

    def __str__(self) -> str:
        return f"a browser of {self.user}"
