"""Whoever is turned away leaves an event, which holds nothing that they typed."""

import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.urls.converters import UUIDConverter
from django.urls.resolvers import RoutePattern

from accounts import tokens
from accounts.denials import RECORDS
from accounts.models import AuditEvent, User
from diagnosis.dicomweb.urls import UidConverter
from tests.conftest import PASSWORD, Cast
from tests.films import analysed_scan

SECRET = "carina_" + "s3cret" * 6


def events(*actions: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action__in=actions).order_by("sequence"))


def signed_in(user: User, **options: bool) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def test_another_clinics_record_asked_for(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    stranger = signed_in(cast.stranger)
    for address in (f"/studies/{scan.study.public_id}/", f"/scans/{scan.public_id}/original/"):
        stranger.get(address)
    found = events("access.not_found")
    assert [event.subject for event in found] == [f"study:{scan.study.public_id}", f"scan:{scan.public_id}"]
    for event in found:
        assert (event.actor, event.clinic_id) == (cast.stranger.email, cast.clinic_b.pk)
        assert event.facts["from"] == "127.0.0.1"
    assert found[0].facts["page"] == "study_detail"


def test_another_clinics_row_in_admin(cast: Cast) -> None:
    administrator = signed_in(cast.administrator)
    administrator.get(reverse("admin:accounts_user_change", args=[cast.stranger.pk]))
    assert [event.subject for event in events("access.not_found")] == [f"accounts_user:{cast.stranger.pk}"]


def test_by_a_computer(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    token, key = tokens.create(clinic=cast.clinic_b, name="machine", by=cast.other_administrator)
    Client().get(f"/api/v1/studies/{scan.study.public_id}/", headers={"Authorization": f"Token {key}"})
    (event,) = events("access.not_found")
    assert (event.actor, event.subject) == (f"token:{token.prefix}", f"study:{scan.study.public_id}")


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("studies/1.2.3", "study_instance:1.2.3"),
        ("studies/1.2.3/series/1.2.4/metadata", "series:1.2.4"),
        ("studies/1.2.3/series/1.2.4/instances/1.2.5/rendered", "instance:1.2.5"),
    ],
)
def test_by_a_computer_through_dicomweb(cast: Cast, path: str, subject: str) -> None:
    token, key = tokens.create(clinic=cast.clinic_b, name="machine", by=cast.other_administrator)
    assert Client().get(f"/dicom-web/{path}", headers={"Authorization": f"Bearer {key}"}).status_code == 404
    (event,) = events("access.not_found")
    assert (event.actor, event.subject) == (f"token:{token.prefix}", subject)


def test_every_address_that_names_a_record_is_known_here() -> None:
    named = {
        name
        for pattern in patterns(get_resolver())
        for name, converter in pattern.converters.items()
        if isinstance(converter, UUIDConverter | UidConverter)
    }
    assert named <= set(RECORDS)


def patterns(resolver: URLResolver) -> Iterator[RoutePattern]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each)
        elif isinstance(each.pattern, RoutePattern):
            yield each.pattern


def test_a_page_beyond_the_role(cast: Cast) -> None:
    scan = analysed_scan(cast.clinic_a, cast.doctor)
    technician = signed_in(cast.technician)
    technician.post(f"/scans/{scan.public_id}/review/", {"decision": "agree"})
    technician.get("/admin/accounts/user/")
    first, second = events("access.forbidden")
    assert (first.subject, first.facts["method"]) == (f"scan:{scan.public_id}", "POST")
    assert second.facts["page"] == "accounts_user_changelist"


def test_a_wrong_token_of_which_nothing_is_kept(client: Client, db: None) -> None:
    client.get(f"/api/v1/studies/{uuid.uuid4()}/", headers={"Authorization": f"Token {SECRET}"})
    client.get(f"/api/v1/studies/{uuid.uuid4()}/")  # without any there is nothing to tell
    (event,) = events("access.bad_token")
    assert (event.actor, event.subject, event.clinic_id) == ("anonymous", "network:127.0.0.1", None)
    assert SECRET[7:12] not in str(event.facts)


def test_a_form_without_its_key(cast: Cast) -> None:
    doctor = signed_in(cast.doctor, enforce_csrf_checks=True)
    assert doctor.post("/studies/new/", {"last_name": "Quagmire"}).status_code == 403
    assert Client(enforce_csrf_checks=True).post("/accounts/login/", {}).status_code == 403
    by_doctor, by_stranger = events("access.form_refused")
    assert (by_doctor.actor, by_doctor.facts["page"]) == (cast.doctor.email, "study_new")
    assert "Quagmire" not in str(by_doctor.facts)
    assert by_stranger.actor == "anonymous"
    assert events("access.forbidden") == []


def test_a_limit_that_stopped_somebody(db: None) -> None:
    for _ in range(40):
        Client().get("/api/v1/studies/x/", headers={"Authorization": f"Token {SECRET}"})
        Client().get(f"/api/v1/studies/{uuid.uuid4()}/", headers={"Authorization": f"Token {SECRET}"})
    assert [event.facts["times"] for event in events("access.limited")] == [1, 10]
    assert [event.facts["times"] for event in events("access.bad_token")] == [1, 10]


def test_a_new_password_asked_for(client: Client, cast: Cast) -> None:
    for address in (cast.doctor.email, "nobody@nowhere.example", "noone@nowhere.example"):
        client.post(reverse("account_reset_password"), {"email": address})
    known, unknown, another = events("user.password_reset_asked")
    assert (known.subject, known.clinic_id) == (f"user:{cast.doctor.public_id}", cast.clinic_a.pk)
    assert unknown.subject.startswith("address:")
    assert another.subject != unknown.subject, "if it wrote nothing, it would be faster than a known one"
    assert unknown.facts["from"] == "127.0.0.1"
    assert "nowhere" not in f"{unknown.subject} {unknown.facts}"


def test_a_wrong_password_in_the_middle_of_a_session(cast: Cast) -> None:
    doctor = Client()
    doctor.post(reverse("account_login"), {"login": cast.doctor.email, "password": PASSWORD})
    doctor.post(reverse("account_reauthenticate"), {"password": "wrong guess"})
    (event,) = events("user.sign_in_failed")
    assert event.subject == f"user:{cast.doctor.public_id}"
    assert "wrong guess" not in str(event.facts)


@pytest.mark.parametrize("address", ["/nothing/", "/studies/new/x/", "/worklist/", "/accounts/login/"])
def test_mistyped_and_ordinary_addresses_leave_none(cast: Cast, address: str) -> None:
    signed_in(cast.doctor).get(address)
    Client().get(address)
    assert not AuditEvent.objects.filter(action__startswith="access.").exists()
