"""The demonstration's people, for the sign-in page of a demonstration and of nothing else."""

from django.conf import settings

from accounts.models import AuditEvent, User

PASSWORD = "radiograph-demo"  # noqa: S105 - publicly known, and so on every demonstration's own sign-in page


def logins() -> list[User]:
    """The accounts that the demonstration made and that still exist; none outside a demonstration."""
    if not settings.DEMO_LOGINS:
        return []
    made = AuditEvent.objects.filter(action="demo.loaded", subject__contains="@")
    addresses = [subject.partition(":")[2] for subject in made.values_list("subject", flat=True)]
    return list(
        User.objects.filter(email__in=addresses, is_active=True).select_related("clinic").order_by("pk")
    )
