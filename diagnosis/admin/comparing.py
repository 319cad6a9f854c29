"""The page with a candidate's comparison, those kept, and the button that promotes it; for operators alone.

The figures are of every clinic together and one by one, so that no administrator of a single one sees them.
"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import step_up
from accounts.admin_address import is_key
from accounts.admin_rights import ByRole
from accounts.models import User
from accounts.permissions import may_operate
from diagnosis.cnn.bundle import BundleError
from diagnosis.forms import OverrideForm
from diagnosis.models import ModelPromotion, ModelVersion
from diagnosis.services import comparison, drift, registry

PROMOTIONS_SHOWN = 10


def page(pages: ByRole, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the comparison so far; a form sent promotes, and shows itself again if more is needed."""
    if not may_operate(request.user):
        raise PermissionDenied
    version = pages.get_object(request, object_id) if is_key(object_id) else None
    if not isinstance(version, ModelVersion):
        raise Http404("There is no such network.")
    form = OverrideForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        asked = step_up.ask_again(request)
        if asked is not None:
            return asked
        if form.is_valid() and _promoted(pages, request, version, form):
            return redirect("admin:diagnosis_modelversion_comparison", version.pk)
    return _shown(pages, request, version, form)


def _promoted(pages: ByRole, request: HttpRequest, version: ModelVersion, form: OverrideForm) -> bool:
    assert isinstance(request.user, User)
    try:
        registry.promote(model_version=version, actor=request.user, reason=form.cleaned_data["reason"])
    except BundleError as error:
        form.add_error(None, f"Nothing was changed: {error}")
    except registry.PromotionRefused as refused:
        form.add_error("reason", f"Nothing was changed. {refused}")
    else:
        drift.close_replaced(version)
        pages.message_user(request, f"{version} reads the films from now on.", messages.SUCCESS)
        return True
    return False


def _shown(pages: ByRole, request: HttpRequest, version: ModelVersion, form: OverrideForm) -> HttpResponse:
    active = registry.active_model(version.purpose)
    report = {} if version.active else comparison.compared(version, active)
    context = {
        **pages.admin_site.each_context(request),
        "title": f"{version}: beside the active network",
        "opts": pages.opts,
        "version": version,
        "active": active,
        "report": report,
        "lacking": "" if version.active else registry.missing(version, active, report),
        "form": form,
        "promotions": ModelPromotion.objects.filter(model_version=version)[:PROMOTIONS_SHOWN],
    }
    status = 422 if form.errors else 200
    return render(request, "admin/diagnosis/modelversion/comparison.html", context, status=status)
