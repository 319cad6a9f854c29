"""Django admin of people, clinics, tokens and the audit trail."""

from accounts.admin.audit_trail import AuditEventAdmin
from accounts.admin.clinics import ApiTokenAdmin, ClinicAdmin
from accounts.admin.people import UserAdmin

__all__ = ["ApiTokenAdmin", "AuditEventAdmin", "ClinicAdmin", "UserAdmin"]
