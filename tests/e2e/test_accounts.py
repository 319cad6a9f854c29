"""Signing in with a passkey and staying signed in, in a real browser with an authenticator of its own."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.portal import Portal
from tests.e2e.steps import PASSWORD

pytestmark = pytest.mark.e2e
PATIENT_MS = 30_000  # the browser makes a key, on a machine that others use too
COLLEAGUE, TECHNICIAN = "colleague@riverside.example", "technician@riverside.example"


@pytest.fixture
def named(browser: Browser, portal: Portal) -> Iterator[Page]:
    """A page at the portal's name, with a security key plugged in: no passkey belongs to a bare address."""
    context = browser.new_context(base_url=portal.url.replace("127.0.0.1", "localhost"))
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    devtools.send(
        "WebAuthn.addVirtualAuthenticator", {"options": {**key, "automaticPresenceSimulation": True}}
    )
    yield page
    context.close()
    assert not errors, f"The browser's console shows errors: {errors}"


def give_password(page: Page, email: str = COLLEAGUE) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()


def test_a_passkey_is_added_asked_for_and_removed(named: Page) -> None:
    page = named
    give_password(page, TECHNICIAN)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("Key of the ward")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.locator(".codes li")).to_have_count(10, timeout=PATIENT_MS)
    sign_out(page)

    give_password(page, TECHNICIAN)
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.goto("/worklist/")
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible(timeout=PATIENT_MS)

    page.goto("/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Remove Key of the ward").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("There are none.")).to_be_visible()


def test_an_idle_page_warns_and_lets_one_stay(page: Page) -> None:
    """The clock of the page alone is set forward; the server's answer is made to fit."""
    left = {"seconds": 1800}
    asked: list[str] = []

    def answer(route: object) -> None:
        request = route.request
        asked.append(request.method)
        if request.method == "POST":
            left["seconds"] = 1800
        person = page.locator("#idle").get_attribute("data-person")
        route.fulfill(json={"seconds": left["seconds"], "of": 1800, "person": person})

    page.clock.install()
    page.route("**/accounts/session/", answer)
    give_password(page)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    page.wait_for_load_state("networkidle")  # before the page knows its time, a clock tells it nothing
    warning = page.locator("#idle")
    expect(warning).to_be_hidden()
    left["seconds"] = 100
    page.clock.fast_forward("28:10")
    expect(warning).to_contain_text("You will be signed out in")
    page.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    assert "POST" in asked


def test_an_ended_session_leads_back_to_where_one_was(rough: Page) -> None:
    page = rough
    give_password(page)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    page.goto("/studies/new/")
    page.context.clear_cookies()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=%2Fstudies%2Fnew%2F$"))


def test_an_error_stands_beside_its_sign(page: Page) -> None:
    page.goto("/accounts/signup/")
    page.locator("#id_first_name").evaluate("field => { field.form.noValidate = true; field.form.submit(); }")
    error = page.locator("#error_1_id_first_name")
    expect(error).to_have_text("This field is required.")
    lines = error.evaluate("text => text.offsetHeight / parseFloat(getComputedStyle(text).lineHeight)")
    assert lines < 1.5
    around = page.locator(".invalid-feedback").first
    height = around.evaluate("box => box.offsetHeight / parseFloat(getComputedStyle(box).lineHeight)")
    assert height < 1.5, "the sign has no line of its own"


def test_administration_warns_too_and_keeps_what_was_typed(rough: Page) -> None:
    page = rough
    administrator = "administrator@riverside.example"
    give_password(page, administrator)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    page.goto("/admin/accounts/user/")
    page.get_by_role("link", name="doctor@riverside.example").click()
    page.get_by_label("First name").fill("Typed with care")
    left = {"seconds": 100, "of": 1800, "person": page.locator("#idle").get_attribute("data-person")}
    page.route("**/accounts/session/", lambda route: route.fulfill(json=left))
    look_again = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(look_again)
    expect(page.locator("#idle")).to_contain_text("You will be signed out in")
    page.unroute("**/accounts/session/")
    page.context.clear_cookies()
    page.evaluate(look_again)
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=%2Fadmin%2F"))
    page.get_by_label("E-mail").fill(administrator)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("First name")).to_have_value("Typed with care")
    expect(page.get_by_text("What you had typed here is back.")).to_be_visible()
