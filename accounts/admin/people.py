"""Django admin of people: approving, refusing and editing them."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import approval, people, second_factor, tokens
from accounts.admin.step_up import AsksAgain
from accounts.admin_rights import ByRole
from accounts.approval import NotPossible, may_decide
from accounts.corrections import ShownForm
from accounts.forms import OPEN_ROLES, RefusalForm, missing_for_doctors
from accounts.models import Approval, Role, User
from accounts.models.membership import of_clinic, that_count
from accounts.permissions import may_operate
from accounts.typed_text import SpeltField

# The facts of an approved account; only the operator's form shows all of them.
FACTS = ("email", "first_name", "last_name", "role", "clinic", "licence_number", "speciality")
DECIDED = ("approval", "approval_reason", "approval_decided_by", "approval_decided_at")
DATES = ("date_joined", "last_login")
WAITING_FIRST = Case(
    When(approval=Approval.WAITING, then=Value(0)),
    When(approval=Approval.APPROVED, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


class PersonForm(ShownForm):
    """The rules for a person's account, whoever edits it."""

    kind = "user"

    class Meta:
        field_classes = dict.fromkeys(("first_name", "last_name", "licence_number", "speciality"), SpeltField)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        facts = {
            name: cleaned.get(name, getattr(self.instance, name, None)) for name in (*FACTS, "is_superuser")
        }
        for name, message in missing_for_doctors(facts).items():
            self.add_error(name if name in self.fields else None, message)
        if "clinic" in self.fields and facts["clinic"] is None and not facts["is_superuser"]:
            self.add_error("clinic", "Everybody except an operator needs a clinic.")
        return cleaned


@admin.register(User)
class UserAdmin(AsksAgain, ByRole):
    """People, those waiting for approval first. Accounts are deactivated, never deleted."""

    form = PersonForm
    change_form_template = "admin/accounts/user/change_form.html"
    list_display = (
        "email", "name", "approval", "confirmed", "role_here", "clinic", "second_factor", "is_active",
        "date_joined",
    )  # fmt: skip
    list_select_related = ("clinic",)
    search_fields = ("email", "first_name", "last_name", "licence_number")
    ordering = (WAITING_FIRST.asc(), "-date_joined")
    actions = ("approve_selected", "refuse_selected", "remove_factors")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        own = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
        factors = Authenticator.objects.filter(user=OuterRef("pk"))
        rows = super().get_queryset(request)
        there = that_count().filter(user=OuterRef("pk"), clinic=getattr(request.user, "clinic_id", None))
        return rows.annotate(
            address_confirmed=Exists(own),
            has_factor=Exists(factors),
            member_as=Subquery(there.values("role")[:1]),
        )

    def of_clinic(self, rows: QuerySet[User], user: User) -> QuerySet[User]:
        """Also those who work for another clinic right now."""
        return rows.filter(of_clinic(user.clinic_id))

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return [name for name in self.list_display if name != "clinic" or may_operate(request.user)]

    def get_list_filter(self, request: HttpRequest) -> list[str]:
        # A clinic's administrator must not see the names of other clinics.
        return ["approval", "role", "is_active", *(["clinic"] if may_operate(request.user) else [])]

    @admin.display(description="name", ordering="last_name")
    def name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="role", ordering="role")
    def role_here(self, user: User) -> str:
        """As what the person works for the reader's clinic, wherever they are right now."""
        return Role(getattr(user, "member_as", None) or user.role).label

    @admin.display(description="e-mail confirmed", boolean=True, ordering="address_confirmed")
    def confirmed(self, user: User) -> bool:
        return bool(getattr(user, "address_confirmed", False))

    @admin.display(description="second factor", boolean=True, ordering="has_factor")
    def second_factor(self, user: User) -> bool:
        return bool(getattr(user, "has_factor", False))

    # ------------------------------------------------------------ who may do what
    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)  # everybody else registers and is approved

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if not self.has_view_permission(request, obj):
            return False
        # Your own row is read-only: nobody can promote themselves or lock themselves out.
        return obj is None or may_decide(request.user, obj)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return (*FACTS, "is_superuser")
        operator = ("is_superuser",) if may_operate(request.user) else ()
        elsewhere = not operator and obj.clinic_id != getattr(request.user, "clinic_id", None)
        # which other clinic it is, and as what, this one does not learn
        facts = [name for name in FACTS if not (elsewhere and name in ("clinic", "role"))]
        return (*facts, "is_active", *operator, "confirmed", *DECIDED, *DATES)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        # Its owner confirmed the address: anyone who could change it could take over the account.
        always = ("email", "confirmed", *DECIDED, *DATES)
        return always if may_operate(request.user) else (*always, "clinic")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role" and not may_operate(request.user):
            kwargs["choices"] = OPEN_ROLES
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        assert isinstance(request.user, User)
        if change:
            ended = people.change(user=obj, by=request.user, fields=form.changed_data)
            if ended:
                names = ", ".join(str(token) for token in ended)
                text = f"Revoked too: {names}. Those computers stop until the clinic makes new tokens."
                self.message_user(request, text, messages.WARNING)
        else:
            people.invite(user=obj, by=request.user)

    # ------------------------------------------------------------ approving and refusing
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        decide = user is not None and may_decide(request.user, user)
        ending = tokens.in_use_by([user]) if user is not None and decide else ()
        context = {"may_decide": decide, "ending_tokens": ending, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def response_change(self, request: HttpRequest, obj: User) -> HttpResponse:
        if "_approve" in request.POST:
            self.approve_selected(request, self.get_queryset(request).filter(pk=obj.pk))
        if "_refuse" in request.POST:
            return self._ask_why(request, [obj], RefusalForm())
        return super().response_change(request, obj)

    @admin.action(description="Approve the selected people", permissions=["change"])
    def approve_selected(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        assert isinstance(request.user, User)
        done = 0
        for user in chosen:
            try:
                done += approval.approve(user=user, by=request.user)
            except (PermissionDenied, NotPossible) as error:
                self.message_user(request, f"{user.email}: {error}", messages.WARNING)
        self.message_user(request, f"{done} approved and told by e-mail.", messages.SUCCESS)

    @admin.action(description="Refuse the selected people …", permissions=["change"])
    def refuse_selected(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponse | None:
        assert isinstance(request.user, User)
        form = RefusalForm(request.POST if "refuse" in request.POST else None)
        if not form.is_valid():
            return self._ask_why(request, list(chosen), form)
        done = 0
        for user in chosen:
            try:
                done += approval.refuse(user=user, by=request.user, reason=form.cleaned_data["reason"])
            except (PermissionDenied, NotPossible) as error:
                self.message_user(request, f"{user.email}: {error}", messages.WARNING)
        self.message_user(request, f"{done} refused and told by e-mail.", messages.SUCCESS)
        return None

    @admin.action(description="Remove the second factors of the selected people", permissions=["change"])
    def remove_factors(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """For whoever lost their phone: they sign in with the password and set up a new one."""
        assert isinstance(request.user, User)
        done = 0
        for user in chosen:
            if not may_decide(request.user, user):
                self.message_user(request, f"{user.email}: not yours to decide.", messages.WARNING)
            else:
                done += second_factor.remove_all(user=user, by=request.user)
        text = f"{done} had second factors; they are removed, and their owners told by e-mail."
        self.message_user(request, text, messages.SUCCESS)

    def _ask_why(self, request: HttpRequest, chosen: list[User], form: RefusalForm) -> HttpResponse:
        facts = {
            **self.admin_site.each_context(request),
            "title": "Refuse",
            "opts": self.opts,
            "chosen": chosen,
            # A user who may not decide about these people is told so after the form; here they see nothing.
            "ending_tokens": tokens.in_use_by([user for user in chosen if may_decide(request.user, user)]),
            "form": form,
            "list_address": reverse("admin:accounts_user_changelist"),
        }
        return render(request, "admin/accounts/user/refuse.html", facts)
