"""No form of the product swallows an error: each error of each field, hidden ones too, reaches its page.

Every bound form gets an error on each of its fields, whatever was sent; every address of the access table is
then sent a form by whoever may. A form of ours that no address reached fails too: say how to reach it.
"""

import html
import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.forms.forms import BaseForm
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from tests.access_table import ACTORS, TABLE
from tests.conftest import Cast
from tests.test_access import World, world

__all__ = ["world"]

OURS = ("accounts.", "diagnosis.", "allauth.")
# Not forms that a person fills in: Django admin's own words about its lists stand in its messages.
# What narrows a list stands in its address, and the list alone tells what of it was not understood.
# allauth's check of a link from a mail answers with a page of its own, a film's window with text.
NO_PAGE = {"ActionForm", "AdminAuthenticationForm", "ChangeListSearchForm", "UserTokenForm", "WindowForm"} | {
    "WorklistFilterForm"
}
# Pages that tell this in words of their own: what a browser says of a passkey helps nobody.
TOLD_OTHERWISE = {"credential"}
# Forms for somebody in the middle of a sign-in, with a second factor or with a link from a mail: the template
# that shows each, and its name there. The walk leaves them to a test of their own.
IN_BETWEEN = {
    "CodeForm": ("mfa/authenticate.html", "form"),
    "PasskeyForm": ("mfa/authenticate.html", "webauthn_form"),
    "CodeAgainForm": ("mfa/reauthenticate.html", "form"),
    "PasskeyAgainForm": ("mfa/webauthn/reauthenticate.html", "form"),
    "SetForm": ("account/password_set.html", "form"),
    "NewByMailForm": ("account/password_reset_from_key.html", "form"),
}
# What makes a view look at its form: without it the view shows the page only.
SENT = {"refuse": "1", "action": "refuse_selected", "reason": "x", "note": "x"}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[BaseForm]:
    """The bound forms that were looked at, each with an error on every field and one on the whole."""
    found: list[BaseForm] = []
    clean = BaseForm.full_clean

    def full_clean(form: BaseForm) -> None:
        clean(form)
        if form.is_bound and type(form).__name__ not in NO_PAGE and not hasattr(form, "_marked"):
            form._marked = True  # type: ignore[attr-defined]
            for name in form.fields:
                form.add_error(name, mark(form, name))
            form.add_error(None, mark(form, "whole"))
            found.append(form)

    monkeypatch.setattr(BaseForm, "full_clean", full_clean)
    return found


def mark(form: BaseForm, name: str) -> str:
    return f"error-of-{type(form).__name__}-{form.prefix or ''}-{name}"


def swallowed(form: BaseForm, page: str) -> list[str]:
    if getattr(form, "restored", False):
        return []  # what was typed before comes back, to be looked at again: nobody has sent it now
    names = [name for name in (*form.fields, "whole") if name not in TOLD_OTHERWISE]
    return [f"{type(form).__name__}.{name}" for name in names if mark(form, name) not in page]


def answers(world: World) -> Iterator[tuple[str, HttpResponse]]:
    """What everybody who may gets for a form sent to each address; nothing that happens is kept."""
    for row in TABLE.values():
        path = "/" + row.path.format(**world.values)
        for actor in ("nobody", "doctor", "administrator", "operator"):
            if row.post[ACTORS.index(actor)] != "I" or path.startswith("/api/"):
                continue
            client = Client(raise_request_exception=True)
            client.cookies = world.clients[actor].cookies.copy()
            with transaction.atomic():
                yield f"POST {path}", client.post(path, SENT | {"_selected_action": world.values["user_pk"]})
                transaction.set_rollback(True)


def forms_of_ours() -> set[str]:
    for package in ("accounts.forms", "diagnosis.forms"):
        module = importlib.import_module(package)
        for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
            importlib.import_module(f"{package}.{found.name}")
    todo: list[type] = [forms.Form, forms.ModelForm]
    names = set()
    while todo:
        for one in todo.pop().__subclasses__():
            todo.append(one)
            base = one.__name__.startswith("_")
            if one.__module__.startswith(("accounts.", "diagnosis.")) and not base:
                names.add(one.__name__)
    return names


def test_every_error_of_every_form_reaches_its_page(
    world: World,
    cast: Cast,
    seen: list[BaseForm],
) -> None:
    wrong: list[str] = []
    reached: set[str] = set()
    for address, answer in answers(world):
        if "html" not in answer.headers.get("Content-Type", "") or answer.status_code in (301, 302, 303):
            seen.clear()
            continue
        page = html.unescape(answer.content.decode())
        for form in seen:
            reached |= {base.__name__ for base in type(form).__mro__}
            wrong += [f"{address}: {name}" for name in swallowed(form, page)]
        seen.clear()
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert forms_of_ours() - reached - set(IN_BETWEEN) - NO_PAGE == set(), "no address reached these forms"


@pytest.mark.parametrize("name", IN_BETWEEN)
def test_the_forms_in_between_tell_their_errors_too(name: str, rf: RequestFactory, db: None) -> None:
    template, place = IN_BETWEEN[name]
    fields = {"code": forms.CharField(), "password1": forms.CharField(), "password2": forms.CharField()}
    form = type(name, (forms.Form,), fields)({})
    for field in form.fields:
        form.add_error(field, mark(form, field))
    form.add_error(None, mark(form, "whole"))
    request = rf.get("/")
    request.user = AnonymousUser()
    page = html.unescape(render_to_string(template, {place: form, "js_data": {}}, request))
    assert not swallowed(form, page)
