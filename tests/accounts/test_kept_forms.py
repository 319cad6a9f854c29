"""An ended session loses no typed word, and what one person typed never goes to another."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from accounts.kept_forms import page_of
from diagnosis.models import Review, Scan
from tests.access_table import TABLE, Row
from tests.conftest import PASSWORD, Cast
from tests.diagnosis.views.pages import what_is_shown
from tests.films import analysed_scan
from tests.test_access import World, world

__all__ = ["world"]

NOTE = "Ground glass, both lower lobes"
HERE = "http://testserver"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diagnosis.services.messenger.announce", lambda *films: None)


@pytest.fixture
def scan(cast: Cast) -> Scan:
    return analysed_scan(cast.clinic_a, cast.doctor)


def sign_in(client: Client, email: str, address: str = "/accounts/login/") -> object:
    return client.post(address, {"login": email, "password": PASSWORD}, follow=True)


def way_back(answer: object) -> str:
    """Where the sign-in leads that an answer asks for; empty if it asks for none."""
    if answer.status_code != 302:
        return ""
    return parse_qs(urlsplit(answer.headers["Location"]).query).get("next", [""])[0]


def form_of(scan: Scan, person: object) -> dict[str, str]:
    words = {
        "decision": "agree",
        "note": NOTE,
        "form_of": str(person.public_id),
        "draft": f"review:{scan.pk}",
    }
    return what_is_shown(scan) | words


def test_a_form_without_a_session_keeps_its_text_and_leads_back(
    client: Client, cast: Cast, scan: Scan
) -> None:
    study = f"/studies/{scan.study.public_id}/"
    answer = client.post(
        f"/scans/{scan.public_id}/review/", form_of(scan, cast.doctor), headers={"Referer": f"{HERE}{study}"}
    )
    page = answer.content.decode()
    assert answer.status_code == 401
    assert "You have been signed out" in page
    assert NOTE in page
    assert f"/accounts/login/?next={study.replace('/', '%2F')}" in page
    assert "no-store" in answer.headers["Cache-Control"]
    assert not Review.objects.exists()


def test_a_form_with_nothing_typed_leads_to_the_sign_in_and_back(client: Client, scan: Scan) -> None:
    answer = client.post(f"/scans/{scan.public_id}/retry/")
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {
        "next": [f"/scans/{scan.public_id}/retry/"]
    }


def test_a_form_that_does_not_say_whose_it_is_is_not_kept(client: Client, cast: Cast, scan: Scan) -> None:
    words = form_of(scan, cast.doctor)
    del words["form_of"]
    assert client.post(f"/scans/{scan.public_id}/review/", words).status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/studies/",
        "//evil.example/",
        "javascript:alert(1)",
        "http://testserver.evil/",
        f"{HERE}//evil.example/",  # a page of ours by its host, and of another site without it
        f"{HERE}/\\evil.example/",
    ],
)
@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL"])
def test_the_way_back_leads_to_no_other_site(rf: object, elsewhere: str, header: str) -> None:
    request = rf.post("/scans/x/review/", headers={header: elsewhere})
    assert page_of(request) == "/scans/x/review/"


def test_our_script_is_told_in_words(client: Client, cast: Cast, scan: Scan) -> None:
    answer = client.post(
        f"/studies/{scan.study.public_id}/scans/", {"form_of": "x"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 401
    assert "signed out" in answer.json()["text"]


def test_a_form_that_somebody_else_opened_is_not_signed_and_not_shown(
    client: Client, cast: Cast, scan: Scan
) -> None:
    sign_in(client, cast.colleague.email)
    answer = client.post(f"/scans/{scan.public_id}/review/", form_of(scan, cast.doctor))
    assert answer.status_code == 409
    assert "opened by somebody else" in answer.content.decode()
    assert NOTE not in answer.content.decode()
    assert not Review.objects.exists()


@pytest.fixture
def strict() -> Client:
    """A browser's client: it has to send the token of its cookie."""
    return Client(enforce_csrf_checks=True)


def with_a_session(client: Client, person: object) -> Client:
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_stale_token_brings_the_text_back_ready_to_send(strict: Client, cast: Cast, scan: Scan) -> None:
    with_a_session(strict, cast.doctor)
    address = f"/scans/{scan.public_id}/review/"
    answer = strict.post(address, form_of(scan, cast.doctor), headers={"Origin": HERE})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert NOTE in page
    token = strict.cookies["csrftoken"].value
    sent = form_of(scan, cast.doctor) | {"csrfmiddlewaretoken": token}
    assert strict.post(address, sent, headers={"Origin": HERE}).status_code == 302
    assert Review.objects.get().note == NOTE


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_another_sites_form_is_not_offered_for_sending(
    strict: Client, cast: Cast, scan: Scan, origin: str
) -> None:
    with_a_session(strict, cast.doctor)
    answer = strict.post(
        f"/scans/{scan.public_id}/review/", form_of(scan, cast.doctor), headers={"Origin": origin}
    )
    assert answer.status_code == 403
    assert NOTE not in answer.content.decode()


def test_a_stale_form_of_another_person_is_not_shown(strict: Client, cast: Cast, scan: Scan) -> None:
    with_a_session(strict, cast.colleague)
    answer = strict.post(
        f"/scans/{scan.public_id}/review/", form_of(scan, cast.doctor), headers={"Origin": HERE}
    )
    assert answer.status_code == 409
    assert NOTE not in answer.content.decode()


def test_a_form_with_a_password_is_never_kept(client: Client, cast: Cast) -> None:
    words = {
        "form_of": str(cast.doctor.public_id),
        "oldpassword": "a secret",
        "password1": "b",
        "password2": "b",
    }
    answer = client.post(reverse("account_change_password"), words)
    assert answer.status_code == 302


def test_the_browser_is_told_which_draft_was_taken(client: Client, cast: Cast, scan: Scan) -> None:
    sign_in(client, cast.doctor.email)
    address = f"/scans/{scan.public_id}/review/"
    refused = client.post(address, form_of(scan, cast.doctor) | {"decision": "reject"})
    assert refused.status_code == 422
    assert "draft_taken" not in refused.cookies
    taken = client.post(address, form_of(scan, cast.doctor))
    assert taken.cookies["draft_taken"].value == f"review:{scan.pk}"


def posts(row: Row) -> bool:
    """Whether somebody may send a form here; what is nowhere (404) has no page to lead back to."""
    return "I" in row.post and not row.path.startswith(("api/", "admin/nothing"))


def forms() -> Iterator[Row]:
    return (row for row in TABLE.values() if posts(row))


def test_no_form_leads_to_an_empty_page_after_signing_in_again(world: World) -> None:
    """Send every form of the project without a session, and follow the way back as whoever may send it."""
    wrong = []
    for row in forms():
        path = "/" + row.path.format(**world.values)
        client = Client()
        answer = client.post(path, {"note": "x"})
        back = way_back(answer)
        if not back:
            continue
        actor = next(name for name in ("doctor", "administrator", "operator") if _may(row, name))
        page = world.clients[actor].get(back, follow=True)
        if page.status_code != 200 or not page.content:
            wrong.append(f"{path} → {back}: {page.status_code} for the {actor}")
    assert not wrong, "\n".join(wrong)


def _may(row: Row, actor: str) -> bool:
    from tests.access_table import ACTORS

    return row.post[ACTORS.index(actor)] == "I" or actor == "operator"
