"""What the clinic asks of its readings, which its administrator sets."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import allowed_if
from accounts.http import SignedIn
from accounts.permissions import may_manage_clinic
from diagnosis.forms import ReadingRulesForm
from diagnosis.services import reading_rules as rules


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_manage_clinic)
@never_cache
def reading_rules(request: SignedIn) -> HttpResponse:
    """Show and change the rules; a refused form comes back as it was filled in."""
    assert request.user.clinic is not None, "may_manage_clinic requires a clinic"
    clinic, status = request.user.clinic, 200
    form = ReadingRulesForm.of(clinic)
    if request.method == "POST":
        form = ReadingRulesForm(request.POST, clinic=clinic)
        if form.is_valid():
            changed = rules.change(clinic=clinic, by=request.user, wanted=form.wanted())
            messages.success(request, "The rules are saved." if changed else "Nothing was changed.")
            return redirect("reading_rules")
        status = 422
    return render(request, "diagnosis/rules/reading.html", {"form": form, "clinic": clinic}, status=status)
