"""The inbox: what a person is told about studies, and how they want to be told."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import allowed_if, sent_from
from accounts.http import SignedIn
from accounts.permissions import may_see_records
from accounts.sittings import sitting_of
from diagnosis.access import notices_for
from diagnosis.forms import NoticeChoicesForm
from diagnosis.services import history, notice
from diagnosis.views.contexts.notices import told

SIZE = 50


@require_safe
@allowed_if(may_see_records)
@never_cache
def notice_list(request: SignedIn) -> HttpResponse:
    """One page of the person's notices, the newest first; `unread=on`: those alone."""
    rows, chosen = notices_for(request.user).order_by("-id"), {}
    if request.GET.get("unread") == "on":
        rows, chosen["unread"] = rows.filter(read_at=None), "on"
    page = Paginator(rows, SIZE).get_page(request.GET.get("page"))
    lines = told(page.object_list, request.user)
    named = {line.study.pk: line.study for line in lines if line.study}
    history.listed(place="notices", rows=named.values(), reader=request.user, sitting=sitting_of(request))
    context = {"page": page, "lines": lines, "chosen": chosen, "unread": notice.unread(request.user)}
    return render(request, "diagnosis/notices/list.html", context)


def page_of_notices(request: SignedIn) -> str:
    return reverse("notice_list")


@sent_from(page_of_notices, may_see_records)
def notices_read(request: SignedIn) -> HttpResponse:
    """Mark all of the person's notices as read."""
    notice.mark_read(request.user)
    messages.success(request, "All notices are marked as read.")
    return redirect("notice_list")


def page_of_notice(request: SignedIn, notice_id: uuid.UUID) -> str:
    """The list, for whoever this notice is for."""
    get_object_or_404(notices_for(request.user), public_id=notice_id)
    return reverse("notice_list")


@sent_from(page_of_notice, may_see_records)
def notice_read(request: SignedIn, notice_id: uuid.UUID) -> HttpResponse:
    """Mark one notice as read; its study need not be opened for that."""
    found = get_object_or_404(notices_for(request.user), public_id=notice_id)
    notice.mark_read(request.user, notice=found.public_id)
    return redirect("notice_list")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed_if(may_see_records)
@never_cache
def notice_choices(request: SignedIn) -> HttpResponse:
    """Show and change how the person is told of each kind."""
    form, status = NoticeChoicesForm(person=request.user), 200
    if request.method == "POST":
        form = NoticeChoicesForm(request.POST, person=request.user)
        if form.is_valid():
            changed = notice.change(person=request.user, wanted=form.wanted())
            messages.success(request, "Your choice is saved." if changed else "Nothing was changed.")
            return redirect("notice_choices")
        status = 422
    return render(request, "diagnosis/notices/choices.html", {"form": form}, status=status)
