"""The page of the people who wait for approval: one press approves, a reason refuses."""

import uuid

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import approval
from accounts.decorators import allowed_if, recently_authenticated, sent_from
from accounts.forms import RefusalForm
from accounts.models import User
from accounts.permissions import may_use_admin

SHOWN = 100  # the longest waits; the others follow as these are decided


@require_safe
@never_cache
@allowed_if(may_use_admin)
def approval_list(request: HttpRequest) -> HttpResponse:
    """Those about whom this administrator or operator decides, the longest wait first."""
    return _page(request)


def page_of_approvals(request: HttpRequest, person_id: uuid.UUID) -> str:
    """The list, for whoever decides about this person."""
    _person(request, person_id)
    return reverse("approval_list")


@never_cache
@sent_from(page_of_approvals, may_use_admin)
@recently_authenticated
def person_approve(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """Approve somebody who waits; they are told by e-mail."""
    person = _person(request, person_id)
    assert isinstance(request.user, User)
    try:
        approval.approve(user=person, by=request.user, waiting=True)
    except approval.NotPossible as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"{person} is approved and told by e-mail.")
    return redirect("approval_list")


@never_cache
@sent_from(page_of_approvals, may_use_admin)
@recently_authenticated
def person_refuse(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """Refuse somebody who waits, with the reason that they are told."""
    person = _person(request, person_id)
    assert isinstance(request.user, User)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return _page(request, refused=person, form=form, status=422)
    try:
        approval.refuse(user=person, by=request.user, reason=form.cleaned_data["reason"], waiting=True)
    except approval.NotPossible as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"{person} is refused and told by e-mail.")
    return redirect("approval_list")


def _page(
    request: HttpRequest, *, refused: User | None = None, form: RefusalForm | None = None, status: int = 200
) -> HttpResponse:
    """The list; `refused`: whose refusal could not be taken, with its form as it was typed."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    people = approval.waiting_for(request.user).annotate(address_confirmed=Exists(confirmed))
    rows = [
        (person, form if refused and person.pk == refused.pk else RefusalForm()) for person in people[:SHOWN]
    ]
    context = {"rows": rows, "more": max(0, people.count() - SHOWN)}
    return render(request, "accounts/approval_list.html", context, status=status)


def _person(request: HttpRequest, person_id: uuid.UUID) -> User:
    """The person, if the reader decides about them: nobody else learns that there is such a person."""
    found = User.objects.filter(public_id=person_id).first()
    if found is None or not approval.may_decide(request.user, found):
        raise Http404("No such person.")
    return found
