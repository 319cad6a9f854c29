"""A village clinic's film is read in the hospital: three people, each in a browser of their own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.portal import Portal
from tests.e2e.steps import ANALYSIS_MS, enter, sign_in

pytestmark = pytest.mark.e2e

PHONE = {"width": 400, "height": 850}


@pytest.fixture
def contexts(browser: Browser, portal: Portal) -> Iterator[list[BrowserContext]]:
    found = [browser.new_context(base_url=portal.url, viewport=PHONE)]
    found += [browser.new_context(base_url=portal.url) for _ in range(2)]
    yield found
    for context in found:
        context.close()


def test_a_film_of_the_village_is_read_in_the_hospital_and_comes_back(
    contexts: list[BrowserContext], films: list[Path]
) -> None:
    technician, doctor, administrator = (context.new_page() for context in contexts)
    sign_in(technician, "technician@hillview.example")
    enter(technician, "E2E-VILLAGE", films[0])
    expect(technician).to_have_url(re.compile(r"/studies/[0-9a-f-]{36}/$"), timeout=ANALYSIS_MS)
    address = technician.url

    sign_in(doctor)
    _until_it_is_listed(doctor)
    expect(doctor.locator("#list")).to_contain_text("Hillview Clinic")
    doctor.goto(address)
    expect(doctor.locator("#referral")).to_contain_text("Referred by Hillview Clinic")
    _ask(doctor)
    _answer(technician, address)
    doctor.goto(address)
    expect(doctor.locator("#referral")).to_contain_text("answers: No, this film alone.")
    _sign(doctor)

    technician.goto(address)
    expect(technician.locator("#referral")).to_contain_text("Read and returned", timeout=ANALYSIS_MS)
    technician.goto(f"{address}report/")
    expect(technician.locator("header")).to_contain_text("Read by Riverside Hospital")

    sign_in(administrator, "administrator@hillview.example")
    administrator.goto("/referrals/")
    row = administrator.get_by_role("row").filter(has_text="E2E-VILLAGE")
    for step in ("given to Riverside Hospital", "read", "returned"):
        expect(row).to_contain_text(step)


def _until_it_is_listed(doctor: Page) -> None:
    """Beat gives it to the hospital within seconds: the page is loaded again until it has."""
    doctor.goto("/worklist/?tab=referred")
    for _ in range(60):
        if doctor.get_by_text("E2E-VILLAGE").count():
            return
        doctor.wait_for_timeout(1000)
        doctor.reload()


def _ask(doctor: Page) -> None:
    doctor.get_by_text("Ask Hillview Clinic a question").click()
    doctor.get_by_label("Your question").fill("Is there a lateral view?")
    doctor.get_by_role("button", name="Send the question").click()
    expect(doctor.locator("#referral")).to_contain_text("Not answered yet.")


def _answer(technician: Page, address: str) -> None:
    technician.goto("/notices/")
    technician.get_by_role("link", name="You are asked about a study").first.click()
    expect(technician).to_have_url(re.compile(re.escape(address)))
    technician.get_by_label("Your answer").fill("No, this film alone.")
    technician.get_by_role("button", name="Answer").click()
    expect(technician.locator("#referral")).to_contain_text("answers: No, this film alone.")


def _sign(doctor: Page) -> None:
    expect(doctor.locator(".headline")).to_be_visible(timeout=ANALYSIS_MS)
    doctor.get_by_label("Reject the network’s result").check()
    doctor.get_by_placeholder("Why? (needed to reject)").fill("Film is rotated")
    doctor.get_by_role("button", name="Sign", exact=True).click()
    expect(doctor.locator(".review-current")).to_contain_text("Film is rotated", timeout=20_000)


def test_a_refused_form_leads_to_what_is_to_be_mended(contexts: list[BrowserContext]) -> None:
    administrator = contexts[2].new_page()
    sign_in(administrator, "administrator@hillview.example")
    administrator.goto("/reading-agreements/new/")
    urgent = administrator.get_by_label("Urgent studies read within")
    administrator.get_by_label("Which clinic shall read?").select_option(label="Riverside Hospital")
    urgent.fill("0")
    administrator.get_by_role("button", name="Ask", exact=True).click()
    expect(administrator.get_by_text("greater than or equal to 1")).to_be_visible()
    expect(urgent).to_be_focused()


def test_the_open_tab_is_in_view_on_a_phone_and_the_way_of_studies_can_be_read(
    contexts: list[BrowserContext],
) -> None:
    phone = contexts[0].new_page()
    sign_in(phone)
    phone.goto("/worklist/?tab=referred")
    expect(phone.locator("#tabs [aria-current]")).to_be_in_viewport(ratio=1)
    phone.goto("/referrals/")
    name = phone.locator("table td a").first
    expect(name).to_be_visible()
    box = name.bounding_box()
    assert box is not None
    assert box["height"] < 60, "a name is not broken into its letters"
