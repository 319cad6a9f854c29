"""What every page of Django admin has: the idle warning, kept text, and no inline code that is dropped."""

import re

from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.person_page import PEOPLE, as_on_page, page_of
from tests.conftest import Cast


def test_every_page_warns_before_the_session_ends_and_holds_no_inline_code(
    operator: Client, cast: Cast
) -> None:
    lists = [reverse(f"admin:accounts_{name}_changelist") for name in ("clinic", "apitoken", "auditevent")]
    for address in (reverse("admin:index"), PEOPLE, page_of(cast.doctor), *lists):
        page = operator.get(address).content.decode()
        assert f'data-person="{cast.operator.public_id}"' in page, address
        assert "portal/idle." in page, address
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), address


def test_a_correction_sent_after_the_session_ended_comes_back(operator: Client, cast: Cast) -> None:
    page = operator.get(page_of(cast.doctor)).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(form_of|draft)" value="([^"]*)"', page))
    assert hidden == {"form_of": str(cast.operator.public_id), "draft": f"admin:user:{cast.doctor.public_id}"}
    Session.objects.all().delete()
    typed = as_on_page(cast.doctor, first_name="Typed with care")
    answer = operator.post(page_of(cast.doctor), typed | hidden)
    assert answer.status_code == 401
    assert "Typed with care" in answer.content.decode()
    assert User.objects.get(pk=cast.doctor.pk).first_name != "Typed with care"
