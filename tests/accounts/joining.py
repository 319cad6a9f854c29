"""People of clinic A who work for clinic B, too."""

from accounts import memberships
from accounts.models import Membership, Role, User
from tests.conftest import Cast


def joined(cast: Cast, user: User | None = None, role: str = Role.DOCTOR) -> Membership:
    """Somebody of clinic A, the doctor if nobody is named, may work for clinic B, too."""
    row = memberships.ask_to_join(user=user or cast.doctor, clinic=cast.clinic_b, role=role)
    memberships.approve(membership=row, by=cast.other_administrator)
    row.refresh_from_db()
    return row


def switched(cast: Cast, user: User | None = None, role: str = Role.DOCTOR) -> User:
    """The same person, at work in clinic B."""
    return memberships.switch(user=user or cast.doctor, membership=joined(cast, user, role))
