"""The head of a clinic's reports, which its administrator sets."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_manage_clinic
from diagnosis.forms import LetterheadForm
from diagnosis.services import letterhead as head


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_manage_clinic)
@never_cache
def letterhead(request: SignedIn) -> HttpResponse:
    """Show and change the letterhead; a refused picture comes back with the rest of the form."""
    assert request.user.clinic is not None, "may_manage_clinic requires a clinic"
    clinic, status = request.user.clinic, 200
    form = LetterheadForm.of(clinic)
    if request.method == "POST":
        form = LetterheadForm(request.POST, request.FILES)
        if form.is_valid() and _stored(request, form):
            return redirect("letterhead")
        status = 422
    return render(
        request, "diagnosis/report/letterhead.html", {"form": form, "clinic": clinic}, status=status
    )


def _stored(request: SignedIn, form: LetterheadForm) -> bool:
    words = form.cleaned_data
    logo = words["logo"].read() if words["logo"] else None
    assert request.user.clinic is not None
    try:
        changed = head.change(
            clinic=request.user.clinic,
            by=request.user,
            address=words["address"],
            paper=words["paper"],
            network_in_report=words["network_in_report"],
            logo=logo,
            without_logo=words["without_logo"],
        )
    except ValueError as why:
        form.add_error("logo", str(why))
        return False
    messages.success(request, "The letterhead is saved." if changed else "Nothing was changed.")
    return True
