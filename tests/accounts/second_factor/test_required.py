"""Where a second factor is required, nothing else comes before setting one up."""

import re
import uuid
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts import people, second_factor, tokens
from accounts.models import AuditEvent, Clinic, Role, User
from tests.access_table import TABLE, Row
from tests.accounts.person_page import PEOPLE
from tests.accounts.second_factor.steps import INDEX, WORKLIST, is_in, set_up_app, with_app
from tests.accounts.sign_in.attempts import events, sign_in
from tests.conftest import Cast, person

RULES = reverse("clinic_rules")
OPEN = (
    "accounts/2fa/",
    "accounts/logout/",
    "accounts/reauthenticate/",
    "accounts/session/",
    "healthz",
    "readyz",
)


@pytest.fixture
def required(cast: Cast) -> Clinic:
    cast.clinic_a.second_factor_required = True
    cast.clinic_a.save()
    return cast.clinic_a


def address(row: Row) -> str:
    """The address of a row, about records that need not be there: nobody may get that far."""
    places = re.findall(r"\{(\w+)\}", row.path)
    known = {place: "1" if place.endswith(("_pk", "_uid")) else str(uuid.uuid4()) for place in places}
    return "/" + row.path.format(**known)


def is_sent_to_set_up(client: Client, path: str, method: str) -> bool:
    answer = getattr(client, method)(path)
    if method == "get":
        return bool(answer.status_code == 302 and answer.headers["Location"] == INDEX)
    return bool(answer.status_code == 403 and "Set up a second factor first" in answer.content.decode())


@pytest.mark.parametrize("who", ["doctor", "administrator", "operator"])
def test_every_address_leads_to_setting_it_up(cast: Cast, settings: Any, who: str) -> None:
    settings.SECOND_FACTOR_FOR = "everybody"
    client = Client()
    client.force_login(getattr(cast, who))
    done = AuditEvent.objects.exclude(action__startswith="access.")  # turning somebody away is on record
    before = done.count()
    let_through = [
        f"{method} {path}"
        for path in (address(row) for row in TABLE.values() if not row.path.startswith(OPEN))
        for method in ("get", "post", "put", "delete", "options")
        if not is_sent_to_set_up(client, path, method)
    ]
    assert not let_through
    assert done.count() == before, "nothing was done and nothing shown"


def test_whoever_sets_it_up_goes_on_at_once(required: Clinic, cast: Cast, password: str) -> None:
    client = Client()
    assert sign_in(client, cast.doctor, password).headers["Location"] == WORKLIST
    assert client.get(WORKLIST).headers["Location"] == INDEX
    assert "You need a second factor here" in client.get(INDEX).content.decode()
    set_up_app(client)
    assert client.get(WORKLIST).status_code == 200
    assert "You need a second factor" not in client.get(INDEX).content.decode()


def test_recovery_codes_alone_are_not_enough(required: Clinic, cast: Cast, password: str) -> None:
    client, _, _ = with_app(cast.doctor, password)
    cast.doctor.authenticator_set.filter(type="totp").delete()
    assert client.get(WORKLIST).headers["Location"] == INDEX


def test_the_last_one_stays_where_it_is_required(required: Clinic, cast: Cast, password: str) -> None:
    client, _, _ = with_app(cast.doctor, password)
    remove = reverse("mfa_deactivate_totp")
    for answer in (client.get(remove), client.post(remove)):
        assert "You need a second factor here" in answer.content.decode()
    assert second_factor.has_one(cast.doctor)
    Clinic.objects.update(second_factor_required=False)
    assert client.post(remove).headers["Location"] == INDEX
    assert not second_factor.has_one(cast.doctor)


def test_other_clinics_and_people_without_a_clinic_are_not_concerned(required: Clinic, cast: Cast) -> None:
    for user in (cast.stranger, cast.other_administrator, cast.operator):
        client = Client()
        client.force_login(user)
        assert is_in(client)


def test_whoever_waits_for_approval_is_told_of_that_first(required: Clinic, cast: Cast) -> None:
    client = Client()
    client.force_login(cast.waiting_doctor)
    assert "Waiting for approval" in client.get(reverse("approval_waiting")).content.decode()


def test_computers_with_tokens_are_not_concerned(cast: Cast, settings: Any, client: Client) -> None:
    settings.SECOND_FACTOR_FOR = "everybody"
    _, plain = tokens.create(clinic=cast.clinic_a, name="machine", by=cast.administrator)
    answer = client.get(
        reverse("api_study_detail", args=[uuid.uuid4()]), headers={"Authorization": f"Token {plain}"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("whom", "concerned"),
    [
        ("nobody", set()),
        ("administrators", {"administrator", "operator"}),
        ("everybody", {"administrator", "operator", "doctor", "technician"}),
    ],
)
def test_the_operators_setting_says_who(cast: Cast, settings: Any, whom: str, concerned: set[str]) -> None:
    settings.SECOND_FACTOR_FOR = whom
    names = ("administrator", "operator", "doctor", "technician")
    assert {name for name in names if second_factor.is_missing(getattr(cast, name))} == concerned


def test_our_own_script_is_answered_in_its_own_form(required: Clinic, cast: Cast) -> None:
    client = Client()
    client.force_login(cast.doctor)
    answer = client.post(reverse("study_new"), headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert "second factor" in answer.json()["message"]


class TestRulesOfTheClinic:
    def test_the_administrator_asks_for_it_and_that_is_on_record(
        self, administrator: Client, cast: Cast
    ) -> None:
        assert cast.doctor.email in administrator.get(RULES).content.decode()
        administrator.post(RULES, {"second_factor_required": "on"})
        assert Clinic.objects.get(pk=cast.clinic_a.pk).second_factor_required
        assert not Clinic.objects.get(pk=cast.clinic_b.pk).second_factor_required
        (event,) = events("clinic.factor_required")
        assert (event.actor, event.clinic_id) == (cast.administrator.email, cast.clinic_a.pk)
        assert administrator.get(RULES).headers["Location"] == INDEX, "the administrator is concerned too"

    def test_and_takes_it_back(self, administrator: Client, cast: Cast) -> None:
        for sent in ({"second_factor_required": "on"}, {}):
            Clinic.objects.update(second_factor_required=not sent)
            cast.administrator.authenticator_set.update_or_create(type="totp", defaults={"data": {}})
            administrator.post(RULES, sent)
            assert Clinic.objects.get(pk=cast.clinic_a.pk).second_factor_required is bool(sent)
        assert len(events("clinic.factor_optional")) == 1

    def test_nobody_else_does(self, cast: Cast) -> None:
        for by in (cast.other_administrator, cast.doctor):
            with pytest.raises(PermissionDenied):
                people.require_second_factor(clinic=cast.clinic_a, required=True, by=by)

    def test_the_operator_sets_it_for_any_clinic(self, operator: Client, cast: Cast) -> None:
        page = reverse("admin:accounts_clinic_change", args=[cast.clinic_b.pk])
        operator.post(page, {"name": "Clinic B", "second_factor_required": "on"})
        assert Clinic.objects.get(pk=cast.clinic_b.pk).second_factor_required
        assert events("clinic.changed")[0].facts["second_factor_required"] is True


class TestLostPhone:
    """Whoever lost their factors is helped by whoever decides about them, and by nobody else."""

    def chosen(self, *people: User) -> dict[str, Any]:
        return {"action": "remove_factors", "_selected_action": [user.pk for user in people]}

    def test_the_administrator_removes_them(
        self, administrator: Client, cast: Cast, password: str, django_capture_on_commit_callbacks: Any
    ) -> None:
        browser, _, _ = with_app(cast.doctor, password)
        with django_capture_on_commit_callbacks(execute=True):
            answer = administrator.post(PEOPLE, self.chosen(cast.doctor, cast.technician), follow=True)
        assert "1 had second factors" in answer.content.decode()
        assert not is_in(browser), "whoever lost a phone may have lost more"
        assert not cast.doctor.known_browsers.exists(), "on which they had signed in, too"
        assert sign_in(Client(), cast.doctor, password).headers["Location"] == WORKLIST
        (event,) = events("user.factors_removed")
        assert (event.actor, event.facts["person"]) == (cast.administrator.email, cast.doctor.email)
        assert any(
            "removed" in message.subject and message.to == [cast.doctor.email] for message in mail.outbox
        )

    def test_but_not_those_of_other_administrators_or_clinics(
        self, administrator: Client, cast: Cast, password: str
    ) -> None:
        equal = person("second@a.example", cast.clinic_a, Role.ADMINISTRATOR)
        for user in (equal, cast.stranger, cast.administrator):
            with_app(user, password)
        administrator.post(PEOPLE, self.chosen(equal, cast.stranger, cast.administrator))
        assert all(second_factor.has_one(user) for user in (equal, cast.stranger, cast.administrator))

    def test_the_operator_helps_an_administrator_and_from_the_shell_an_operator(
        self, operator: Client, cast: Cast, password: str
    ) -> None:
        with_app(cast.administrator, password)
        operator.post(PEOPLE, self.chosen(cast.administrator))
        assert not second_factor.has_one(cast.administrator)
        with_app(cast.operator, password)
        call_command("remove_second_factor", cast.operator.email)
        assert not second_factor.has_one(cast.operator)
        with pytest.raises(CommandError, match="Nobody has the address"):
            call_command("remove_second_factor", "nobody@a.example")
