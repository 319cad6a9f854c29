"""Django admin of people, clinics and tokens. That of the audit trail is in diagnosis, with its words."""

from accounts.admin.clinics import ApiTokenAdmin, ClinicAdmin
from accounts.admin.people import UserAdmin

__all__ = ["ApiTokenAdmin", "ClinicAdmin", "UserAdmin"]
