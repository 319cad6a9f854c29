"""The people who sign in: their roles, their approval and their sessions."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from accounts.models.audited import Audited
from accounts.models.clinic import Clinic


class AddressField(models.EmailField):
    """An e-mail address that is always stored and looked up in lower case.

    SQLite distinguishes "Ann@x" from "ann@x", MySQL does not; on both, one address must be one person.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.strip().lower() if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs  # the column is an ordinary one


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address instead of username."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **facts: Any) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: Any) -> "User":
        """A new operator. Their address counts as confirmed: whoever runs commands here vouches for it."""
        from allauth.account.models import EmailAddress  # it needs the user model first

        operator = {"is_staff": True, "is_superuser": True, "role": Role.ADMINISTRATOR}
        user = self.create_user(email, password, **{**operator, "approval": Approval.APPROVED, **facts})
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user


class Role(models.TextChoices):
    DOCTOR = "doctor", "Doctor"
    TECHNICIAN = "technician", "Technician"
    ADMINISTRATOR = "administrator", "Administrator"


class Approval(models.TextChoices):
    WAITING = "waiting", "Waiting for approval"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"


class User(AbstractUser):
    """A person. The e-mail address is the login.

    A clinic's administrator (role) approves people and manages tokens of that clinic. A superuser operates
    the installation (clinics, models, every approval); without a clinic of their own they see no patients.
    """

    AUDITED = Audited(
        "user",
        (
            "email", "first_name", "last_name", "role", "clinic", "licence_number", "speciality", "approval",
            "approval_reason", "approval_decided_by", "approval_decided_at", "is_active", "is_staff",
            "is_superuser", "date_joined",
        ),
        # Signing in writes them: Django stores a password anew when its way of hashing has changed.
        left_out=("password", "last_login", "session_epoch"),
    )  # fmt: skip

    username = None  # type: ignore[assignment]  # the e-mail address replaces it
    email = AddressField("e-mail address", unique=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.DOCTOR)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, null=True, blank=True, related_name="users")
    licence_number = models.CharField(max_length=64, blank=True)
    speciality = models.CharField(max_length=128, blank=True)
    approval = models.CharField(
        max_length=16, choices=Approval.choices, default=Approval.WAITING, db_index=True
    )
    approval_reason = models.TextField(blank=True)
    approval_decided_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    approval_decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Raised when somebody loses access: sessions of an earlier epoch end at once and for good.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # keyed by e-mail, not username

    class Meta:
        ordering = ["last_name", "first_name", "email"]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @property
    def is_approved(self) -> bool:
        return self.is_active and self.approval == Approval.APPROVED

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Django's session hash with the epoch in it."""
        value = f"{self.session_epoch}:{self.password}"
        return salted_hmac("accounts.User.session", value, secret=secret, algorithm="sha256").hexdigest()
