"""In which clinics a person may work, and as what: beside the one where they work right now."""

import copy
import uuid
from collections.abc import Iterator

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models.audited import Audited
from accounts.models.clinic import Clinic
from accounts.models.user import Approval, Role, User


class Membership(models.Model):
    """A person's work for one clinic. `User.clinic` and `User.role` name the one where they work right now.

    Whoever works for one clinic alone has no row: their account says it. The row of that clinic comes with
    the first request to work for another one, too.
    """

    AUDITED = Audited(
        "membership",
        (
            "user", "clinic", "role", "approval", "approval_reason", "approval_decided_by",
            "approval_decided_at", "made_at", "ended_at", "ended_by",
        ),
    )  # fmt: skip

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    approval = models.CharField(max_length=16, choices=Approval.choices, default=Approval.WAITING)
    approval_reason = models.TextField(blank=True)
    approval_decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approval_decided_at = models.DateTimeField(null=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["user", "clinic"], name="one_membership_of_a_clinic")]
        indexes = [models.Index(fields=["clinic", "approval", "ended_at"], name="membership_of_clinic")]

    def __str__(self) -> str:
        return f"membership {self.public_id}"

    @property
    def counts(self) -> bool:
        """Whether the person may work there now."""
        return self.approval == Approval.APPROVED and self.ended_at is None


def that_count() -> QuerySet[Membership]:
    """The memberships under which somebody may work."""
    return Membership.objects.filter(approval=Approval.APPROVED, ended_at=None)


def of_clinic(clinic: Clinic | int | None, *roles: str) -> Q:
    """The people who work for a clinic, in one of the roles, wherever they are now: for a query of User.

    Whether their account is approved and active is another question: see `people_of`.
    """
    here, there = Q(clinic=clinic), that_count().filter(clinic=clinic)
    if roles:
        here, there = here & Q(role__in=roles), there.filter(role__in=roles)
    return here | Q(pk__in=there.values("user"))


def people_of(clinic: Clinic | int, *roles: str) -> QuerySet[User]:
    """The approved people who work for a clinic, wherever they work right now."""
    people = User.objects.filter(of_clinic(clinic, *roles), approval=Approval.APPROVED, is_active=True)
    return people


def works_as(user: User, clinic_id: int, *roles: str) -> bool:
    """Whether the approved person works for a clinic in one of the roles, wherever they work right now."""
    if not user.is_approved:
        return False
    if user.clinic_id == clinic_id and user.role in roles:
        return True
    return that_count().filter(user=user, clinic=clinic_id, role__in=roles).exists()


def capacities(user: User) -> Iterator[User]:
    """The person as they work right now, then as in each other clinic: copies that nobody stores.

    For what was begun in one clinic and becomes final after a switch to another.
    """
    yield user
    others = that_count().filter(user=user).exclude(clinic=user.clinic_id)
    for membership in others.select_related("clinic").order_by("pk"):
        there = copy.copy(user)
        there.clinic, there.role = membership.clinic, membership.role
        yield there
