"""What a person chose to be told, and how."""

from django.db import models

from accounts.models.user import User


class NoticeChoice(models.Model):
    """A person's word about one kind of notice; without a row, what is usual for the kind goes.

    Not part of the record's rows: the event of the change is.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notice_choices")
    kind = models.CharField(max_length=16)
    in_portal = models.BooleanField(default=True)
    by_mail = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notice_choice_once")]

    def __str__(self) -> str:
        return f"choice of {self.user} about {self.kind}"
