"""Clinics, their people, their computers' tokens, and the audit trail."""

from accounts.models.api_token import ApiToken, Scope
from accounts.models.append_only import AppendOnlyError, AppendOnlyModel, AppendOnlyQuerySet
from accounts.models.audit import AuditEvent, AuditHead
from accounts.models.audited import Audited
from accounts.models.clinic import Clinic, Paper
from accounts.models.known_browser import KnownBrowser
from accounts.models.membership import Membership
from accounts.models.notice_choice import NoticeChoice
from accounts.models.user import AddressField, Approval, Role, User, UserManager

__all__ = [
    "AddressField",
    "ApiToken",
    "AppendOnlyError",
    "AppendOnlyModel",
    "AppendOnlyQuerySet",
    "Approval",
    "AuditEvent",
    "AuditHead",
    "Audited",
    "Clinic",
    "KnownBrowser",
    "Membership",
    "NoticeChoice",
    "Paper",
    "Role",
    "Scope",
    "User",
    "UserManager",
]
