"""What each role may do, as yes-or-no questions about a user."""

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
    """Sign a review of a prediction: doctors only."""
    return _has_role(user, Role.DOCTOR)


def may_settle(user: object) -> bool:
    """Say whose a film is that contradicts the record: doctors and administrators."""
    return _has_role(user, Role.DOCTOR, Role.ADMINISTRATOR)


def may_send_out(user: object) -> bool:
    """Send a clinic's studies to an archive, or export them as files: doctors and administrators."""
    return _has_role(user, Role.DOCTOR, Role.ADMINISTRATOR)


def may_manage_clinic(user: object) -> bool:
    """Approve people and make or revoke tokens in their own clinic."""
    return _has_role(user, Role.ADMINISTRATOR)


def may_use_admin(user: object) -> bool:
    """Open Django admin: clinic administrators and operators."""
    return may_manage_clinic(user) or may_operate(user)


def may_operate(user: object) -> bool:
    """Run the installation: clinics, models, approvals everywhere."""
    return isinstance(user, User) and user.is_approved and user.is_superuser


def may_open_worklist(user: object) -> bool:
    """Ask for the worklist: an operator who sees no records is led on from there."""
    return may_see_records(user) or may_operate(user)


def may_edit_profile(user: object) -> bool:
    """See and correct their own profile: every approved user."""
    return isinstance(user, User) and user.is_approved
