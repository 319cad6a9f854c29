"""What is typed is never lost and goes to nobody else; what was signed is seen: in a real browser."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.portal import Portal
from tests.e2e.steps import DOCTOR, PASSWORD, sign_in

pytestmark = pytest.mark.e2e

NOTE = "Old scar, right apex"
FINAL_MS = 30_000  # what can be undone is final after ten seconds
COLLEAGUE = "colleague@riverside.example"


def can_be_signed(page: Page) -> bool:
    """Whether an open study has one film, with a result, and waits for this reader's word."""
    one_film = page.locator("#strip-films [data-show-film]").count() < 2
    return one_film and all(page.locator(what).first.is_visible() for what in (".headline", "#id_sign_note"))


def open_a_study(page: Page) -> None:
    """Open the first one that is still to be read: which one depends on what other tests have signed."""
    page.goto("/worklist/")
    links = [str(link.get_attribute("href")) for link in page.locator(".worklist .row-link").all()]
    for link in links:
        page.goto(link)
        if can_be_signed(page):
            return
    pytest.fail(f"none of {len(links)} studies can be signed")


def drafts(page: Page) -> list[str]:
    return page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft:'))")


def end_session(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def sign_in_here(page: Page, email: str) -> None:
    page.locator("#id_login").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_after_signing_the_confirmation_and_the_way_on_are_seen(
    browser: Browser, portal: Portal, size: tuple[int, int]
) -> None:
    width, height = size
    context = browser.new_context(base_url=portal.url, viewport={"width": width, "height": height})
    page = context.new_page()
    sign_in(page)
    open_a_study(page)
    page.locator("#sign-form input[name=finding][value=other]").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    # the newest: what was signed a moment ago is told beside it as long as it can be undone
    told = page.locator(".toast-signed[autofocus]", has_text="Signed: Other finding")
    expect(told).to_be_in_viewport(ratio=1)
    expect(told.get_by_role("button", name="Undo")).to_be_in_viewport(ratio=1)
    expect(page.locator("#next-study")).to_be_in_viewport(ratio=1)
    assert not drafts(page), "what was signed needs no draft"
    context.close()


def test_an_undo_gives_the_form_back_as_it_was_sent(rough: Page) -> None:
    page = rough
    sign_in(page)
    open_a_study(page)
    page.locator("input[name=finding][value=pneumonia]").check()
    page.get_by_label("Effusion", exact=True).check()
    page.get_by_label("Side of effusion").select_option("left")
    page.get_by_text("Grade the lung zones").click()
    page.locator("path[data-zone=A]").click()
    page.locator("#id_sign_note").fill(NOTE)
    page.get_by_role("button", name="Sign", exact=True).click()
    page.locator(".toast-signed[autofocus]").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back: nothing is signed.")).to_be_visible()
    expect(page.locator("#id_sign_note")).to_have_value(NOTE)
    expect(page.get_by_label("Effusion", exact=True)).to_be_checked()
    expect(page.get_by_label("Side of effusion")).to_have_value("left")
    expect(page.locator("#zone-sums")).to_contain_text("1 of 6 graded")
    expect(page.locator(".review")).to_have_count(0)


def test_a_note_comes_back_after_the_session_ended(rough: Page) -> None:
    page = rough
    sign_in(page)
    open_a_study(page)
    page.locator("#sign-form input[name=finding][value=other]").check()
    page.locator("#id_sign_note").fill(NOTE)
    study = page.url
    end_session(page)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("You have been signed out, and nothing was sent.")).to_be_visible()
    expect(page.get_by_text(NOTE)).to_be_visible()
    page.goto(str(page.get_by_role("link", name="Sign in").last.get_attribute("href")))
    sign_in_here(page, DOCTOR)
    expect(page).to_have_url(study)
    expect(page.get_by_text("What you had typed here is back.")).to_be_visible()
    expect(page.locator("#id_sign_note")).to_have_value(NOTE)
    expect(page.locator("#sign-form input[name=finding][value=other]")).to_be_checked()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".review-current").first).to_contain_text(NOTE, timeout=FINAL_MS)
    assert not drafts(page)


def test_a_kept_form_is_sent_after_signing_in_in_another_tab(rough: Page) -> None:
    page = rough
    sign_in(page)
    open_a_study(page)
    page.locator("#sign-form input[name=finding][value=other]").check()
    page.locator("#id_sign_note").fill(NOTE)
    end_session(page)
    page.get_by_role("button", name="Sign", exact=True).click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").last.click()
    other = opened.value
    sign_in_here(other, DOCTOR)
    expect(other.locator(".headline").first).to_be_visible()
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator(".review-current").first).to_contain_text(NOTE, timeout=FINAL_MS)


def test_the_next_person_finds_nothing_of_it(rough: Page) -> None:
    page = rough
    sign_in(page)
    open_a_study(page)
    page.locator("#id_sign_note").fill(NOTE)
    study = page.url
    assert drafts(page)
    end_session(page)
    page.goto("/accounts/login/")
    sign_in_here(page, COLLEAGUE)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    assert not drafts(page)
    page.goto(study)
    expect(page.locator("#id_sign_note")).to_have_value("")


def test_signing_out_takes_the_drafts_along(rough: Page) -> None:
    page = rough
    sign_in(page)
    open_a_study(page)
    page.locator("#id_sign_note").fill(NOTE)
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#id_login")).to_be_visible()
    assert not drafts(page)


def test_a_new_study_is_sent_after_signing_in_in_another_tab(rough: Page) -> None:
    page = rough
    sign_in(page)
    page.goto("/studies/new/")
    page.get_by_label("Patient number").fill("E2E-KEPT")
    page.get_by_label("Last name").fill("Keeper")
    page.get_by_label("No film yet").check()
    end_session(page)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("You have been signed out.")).to_be_visible()
    other = page.context.new_page()
    sign_in(other)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name="Keeper")).to_be_visible()
    page.goto("/studies/new/")
    expect(page.get_by_label("Patient number")).to_have_value("")
