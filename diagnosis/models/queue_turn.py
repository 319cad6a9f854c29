"""The turns of the queue: whose film was taken last, so that nobody's flood holds up another's film."""

from django.db import models

from accounts.models import Clinic


class QueueTurn(models.Model):
    """The latest turn of a clinic's sender. Numbers, not times: a clock that jumps would starve a clinic."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    sender = models.CharField(max_length=40)
    turn = models.PositiveBigIntegerField(default=0, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "sender"], name="queue_turn_of_sender")]

    def __str__(self) -> str:
        return f"turn {self.turn}"
