"""The filters of the audit trail: by kind, by person, and by a patient or study."""

import uuid
from abc import ABC, abstractmethod
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest

from accounts.models import User
from accounts.models.membership import of_clinic
from accounts.permissions import may_manage_clinic, may_operate
from diagnosis.models import Study

LOOKS = ("study.viewed", "patient.viewed", "report.viewed", "list.viewed", "scan.downloaded")
REFUSED = ("patient.mismatch", "token.refused", "user.sign_in_failed", "user.sign_in_stopped")
KINDS: dict[str, tuple[str, Q]] = {
    "looks": ("Looks at patients", Q(action__in=LOOKS)),
    "record": (
        "Changes to patients and studies",
        (Q(action__startswith="patient.") | Q(action__startswith="study.") | Q(action__startswith="scan."))
        & ~Q(action__in=(*LOOKS, *REFUSED)),
    ),
    "reviews": ("Reviews", Q(action__startswith="review.")),
    "people": ("People and sign-in", Q(action__startswith="user.")),
    "tokens": ("Tokens and clinics", Q(action__startswith="token.") | Q(action__startswith="clinic.")),
    "refused": ("Refused", Q(action__startswith="access.") | Q(action__in=REFUSED)),
    "networks": ("Networks", Q(action__startswith="model.")),
    "trail": ("The audit trail itself", Q(action__startswith="trail.") | Q(action__startswith="record.")),
}
MOST_PEOPLE = 300


class Kind(SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, words) for key, (words, _) in KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kind = KINDS.get(self.value() or "")
        return queryset.filter(kind[1]) if kind else queryset


class Person(SimpleListFilter):
    """The people of the reader's clinic, or of every clinic for an operator."""

    title = "person"
    parameter_name = "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = _people(request.user).order_by("last_name", "first_name", "email")[:MOST_PEOPLE]
        return [(str(user.pk), str(user)) for user in people]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        key = self.value() or ""
        if not (key.isascii() and key.isdigit()):
            return queryset
        chosen = _people(request.user).filter(pk=key).values_list("email", flat=True)
        return queryset.filter(actor__in=list(chosen))


def _people(user: object) -> QuerySet[User]:
    if may_operate(user):
        return User.objects.all()
    if isinstance(user, User) and may_manage_clinic(user):
        return User.objects.filter(of_clinic(user.clinic_id))
    return User.objects.none()


class _About(SimpleListFilter, ABC):
    """The events about one record, named by its public id in a link; offered only where a link chose it."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = str(self.used_parameters.get(str(self.parameter_name)))
        return [(chosen, f"This {self.title}")] if _is_public_id(chosen) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(self.about(str(chosen))) if _is_public_id(chosen) else queryset

    @abstractmethod
    def about(self, public_id: str) -> Q:
        """The events about the record with this public id."""


class OfStudy(_About):
    title = "study"
    parameter_name = "study"

    def about(self, public_id: str) -> Q:
        return Q(study_id=public_id) | _listed(f"study:{public_id}")


class OfPatient(_About):
    title = "patient"
    parameter_name = "patient"

    def about(self, public_id: str) -> Q:
        studies = Study.objects.filter(patient__public_id=public_id).values_list("public_id", flat=True)
        found = Q(subject=f"patient:{public_id}") | _listed(f"patient:{public_id}")
        for study in studies:
            found |= Q(study_id=str(study)) | _listed(f"study:{study}")
        return found


def _listed(subject: str) -> Q:
    """The lists that showed it: they name what they showed in their facts."""
    return Q(action="list.viewed", facts_text__contains=subject)


def with_facts_as_text(events: QuerySet[Any]) -> QuerySet[Any]:
    return events.alias(facts_text=Cast("facts", TextField()))


def _is_public_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False
