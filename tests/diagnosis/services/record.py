"""What stands in the audit chain."""

from accounts.models import AuditEvent


def actions() -> list[str]:
    """The actions on record, in the order in which they happened."""
    return list(AuditEvent.objects.values_list("action", flat=True))
