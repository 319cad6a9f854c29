"""Who needs a second factor, and who has one."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Clinic, Role, User
from accounts.models.membership import people_of

KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_required(user: User) -> bool:
    """Whether the operator's setting or the user's clinic asks for one."""
    if settings.SECOND_FACTOR_FOR == "everybody":
        return True
    leads = user.is_superuser or user.role == Role.ADMINISTRATOR
    if settings.SECOND_FACTOR_FOR == "administrators" and leads:
        return True
    return user.clinic is not None and user.clinic.second_factor_required


def has_one(user: User) -> bool:
    """Whether the user has an app or a passkey; recovery codes only stand in for them."""
    return bool(Authenticator.objects.filter(user=user, type__in=KINDS).exists())


def without_one(clinic: Clinic) -> QuerySet[User]:
    """The clinic's people who would have to set one up."""
    return people_of(clinic).exclude(authenticator__type__in=KINDS)


def is_missing(user: User) -> bool:
    """Whether the user must set one up before anything else."""
    return user.is_approved and is_required(user) and not has_one(user)
