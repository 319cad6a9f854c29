"""What each role may do: plain questions about a user, asked by views, admin and access."""

from accounts.models import Role, User


def _has_role(user: object, *roles: str) -> bool:
    return isinstance(user, User) and user.is_approved and user.clinic_id is not None and user.role in roles


def may_see_records(user: object) -> bool:
    """Open the worklist and the clinic's patients and studies."""
    return _has_role(user, Role.DOCTOR, Role.TECHNICIAN, Role.ADMINISTRATOR)


def may_submit(user: object) -> bool:
    """Create patients and studies, upload films, ask for another analysis."""
    return _has_role(user, Role.DOCTOR, Role.TECHNICIAN, Role.ADMINISTRATOR)


def may_review(user: object) -> bool:
    """Sign a review of a prediction: a doctor's act."""
    return _has_role(user, Role.DOCTOR)


def may_manage_clinic(user: object) -> bool:
    """Approve people and make or revoke tokens of one's own clinic."""
    return _has_role(user, Role.ADMINISTRATOR)


def may_use_admin(user: object) -> bool:
    """Enter Django admin: administrators of a clinic, and whoever operates the installation."""
    return may_manage_clinic(user) or may_operate(user)


def may_operate(user: object) -> bool:
    """Run the installation: clinics, models, approvals everywhere."""
    return isinstance(user, User) and user.is_approved and user.is_superuser


def may_edit_profile(user: object) -> bool:
    """See and correct one's own names: everybody whose account was approved."""
    return isinstance(user, User) and user.is_approved
