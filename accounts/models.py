"""Clinics, their people, their computers' tokens, and the audit trail."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac


class Clinic(models.Model):
    """The tenant: every patient, study and scan belongs to one clinic and is invisible to the others."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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


class ApiToken(models.Model):
    """A clinic computer's key to the API: shown once, stored as a hash, revoked but never deleted."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100, help_text="Which computer or program holds it")
    prefix = models.CharField(
        max_length=12, editable=False, help_text="The first characters, to tell tokens apart"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class AppendOnlyError(Exception):
    """Raised by any attempt to change or delete a row that is part of the record."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **values: Any) -> int:
        raise AppendOnlyError(f"{self.model.__name__} rows are part of the record and are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{self.model.__name__} rows are part of the record and are never deleted.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise AppendOnlyError(f"{self.model.__name__} rows are part of the record and are never changed.")

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        # Positional arguments are refused too: the third is ignore_conflicts.
        if len(args) > 1 or kwargs.get("update_conflicts") or kwargs.get("ignore_conflicts"):
            raise AppendOnlyError(f"{self.model.__name__} rows are part of the record and are never changed.")
        return super().bulk_create(objs, *args, **kwargs)


class AppendOnlyModel(models.Model):
    """A row that is written once and never changed; new facts are new rows."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} rows are part of the record and are never changed.")
        # Without this an unsaved row with a known key would overwrite the stored one.
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{type(self).__name__} rows are part of the record and are never deleted.")


class AuditHead(models.Model):
    """The single row with the number and hash of the last event, locked while one is appended."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"head {self.sequence}"


class AuditEvent(AppendOnlyModel):
    """One thing that happened. Its hash covers the previous event's hash and everything in this row."""

    sequence = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    # Plain values, not foreign keys: the record must not change when other rows do.
    actor = models.CharField(max_length=254, help_text="E-mail address, token or program that acted")
    clinic_id = models.BigIntegerField(null=True, db_index=True)
    action = models.CharField(max_length=64, db_index=True, help_text="Dotted code, such as study.viewed")
    subject = models.CharField(max_length=100, db_index=True, help_text="Kind and public id, such as study:…")
    study_id = models.CharField(
        max_length=36, blank=True, db_index=True, help_text="Public id of the study concerned"
    )
    facts = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action} {self.subject}"
