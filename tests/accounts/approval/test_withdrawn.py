"""What a withdrawn approval ends."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import approval
from accounts.models import AuditEvent, User
from tests.accounts.person_page import PEOPLE, as_on_page, page_of
from tests.conftest import Cast


class TestWithdrawn:
    """Whoever loses the approval is out with the next request, wherever they were signed in."""

    @pytest.fixture
    def doctor(self, cast: Cast) -> Client:
        client = Client()
        client.force_login(cast.doctor)
        assert client.get(reverse("worklist")).status_code == 200
        return client

    def test_by_refusal(self, cast: Cast, doctor: Client) -> None:
        approval.refuse(user=cast.doctor, by=cast.administrator, reason="left")
        assert reverse("account_login") in doctor.get(reverse("worklist")).headers["Location"]
        approval.approve(user=cast.doctor, by=cast.administrator)
        assert reverse("account_login") in doctor.get(reverse("worklist")).headers["Location"]

    def test_by_deactivation(self, cast: Cast, doctor: Client, administrator: Client, password: str) -> None:
        administrator.post(page_of(cast.doctor), as_on_page(cast.doctor, is_active=""))
        assert reverse("account_login") in doctor.get(reverse("worklist")).headers["Location"]
        assert AuditEvent.objects.filter(action="user.deactivated").count() == 1
        login = {"login": cast.doctor.email, "password": password}
        assert Client().post(reverse("account_login"), login).headers["Location"] == reverse(
            "account_inactive"
        )
        administrator.post(page_of(cast.doctor), as_on_page(cast.doctor))
        assert User.objects.get(pk=cast.doctor.pk).is_approved
        assert reverse("account_login") in doctor.get(reverse("worklist")).headers["Location"], "old session"

    def test_an_administrator_who_is_refused_leaves_admin_at_once(self, cast: Cast) -> None:
        client = Client()
        client.force_login(cast.administrator)
        assert client.get(PEOPLE).status_code == 200
        approval.refuse(user=cast.administrator, by=cast.operator, reason="left")
        assert reverse("account_login") in client.get(PEOPLE).headers["Location"]
