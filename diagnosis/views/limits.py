"""The limits of the network in a clinic: its administrator and a doctor look at its films, and agree."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import allowed_if, recently_authenticated, sent_from
from accounts.http import SignedIn
from accounts.permissions import may_settle
from diagnosis.access import limits_for
from diagnosis.forms import ReasonForm
from diagnosis.models import OperatingPoint
from diagnosis.services import limits, registry
from diagnosis.services.limits import LimitsRefused
from diagnosis.views.contexts.limits import limits_page


@require_safe
@allowed_if(may_settle)
@never_cache
def clinic_limits(request: SignedIn) -> HttpResponse:
    """How the network stands in the clinic, and what the clinic's signed films say of it."""
    return _page(request)


def page_of_limits(request: SignedIn) -> str:
    return reverse("clinic_limits")


@sent_from(page_of_limits, may_settle)
@recently_authenticated
def limits_agree(request: SignedIn) -> HttpResponse:
    """Agree to the limits whose figures were shown, as the clinic's administrator or a doctor of it."""
    clinic, active = request.user.clinic, registry.active_model()
    if clinic is None or active is None:
        raise Http404("No network is active.")
    shown = request.POST.get("shown", "")
    try:
        point = limits.agree(clinic=clinic, model_version=active, person=request.user, shown=shown)
    except LimitsRefused as refused:
        messages.error(request, refused.message)
        return redirect("clinic_limits")
    if point.open:
        messages.success(
            request, "Your agreement is stored. These limits count once the other person agrees."
        )
    else:
        messages.success(request, "Agreed. Films that are analysed from now on are judged by these limits.")
    return redirect("clinic_limits")


@sent_from(page_of_limits, may_settle)
@recently_authenticated
def limits_withdraw(request: SignedIn) -> HttpResponse:
    """Withdraw limits or a proposal, with a reason; a refused form comes back with what was typed."""
    point = _point(request)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, refused=(point, form), status=422)
    try:
        limits.withdraw(point=point, person=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, "Withdrawn. No film is judged by these limits any more.")
    except LimitsRefused as refused:
        messages.error(request, refused.message)
    return redirect("clinic_limits")


def _point(request: SignedIn) -> OperatingPoint:
    try:
        return get_object_or_404(limits_for(request.user), public_id=request.POST.get("point", ""))
    except ValidationError as error:
        raise Http404("No such limits.") from error


def _page(
    request: SignedIn, *, refused: tuple[OperatingPoint, ReasonForm] | None = None, status: int = 200
) -> HttpResponse:
    context = limits_page(request.user)
    for name in ("point", "proposal"):  # each has a form of its own on the page
        about = refused is not None and context.get(name) == refused[0]
        context[f"withdrawing_{name}"] = refused[1] if refused and about else None
    return render(request, "diagnosis/limits/limits.html", context, status=status)
