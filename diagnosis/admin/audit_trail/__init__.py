"""Django admin of the audit trail: a list for people, with names, links, filters and an export."""

from diagnosis.admin.audit_trail.pages import AuditEventAdmin

__all__ = ["AuditEventAdmin"]
