"""Django's createsuperuser, which here leaves an event in the audit trail, too."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.db.models import Max

from accounts import audit
from accounts.models import User


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        last = User.objects.aggregate(last=Max("pk"))["last"] or 0
        super().handle(*args, **options)  # in no transaction: it may wait for somebody to type
        for user in User.objects.filter(pk__gt=last, is_superuser=True):
            audit.record(
                actor="console",
                action="user.created",
                subject=f"user:{user.public_id}",
                clinic=user.clinic_id,
                facts={"person": user.email, "is_superuser": True},
                rows=[audit.Stored(user)],
            )
