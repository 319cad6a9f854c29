"""What somebody does in the browser: sign in, and send films."""

from pathlib import Path

from playwright.sync_api import Page, expect

PASSWORD = "radiograph-demo"
DOCTOR = "doctor@riverside.example"
ANALYSIS_MS = 60_000


def sign_in(page: Page, email: str = DOCTOR) -> None:
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    page.wait_for_load_state()  # keys pressed before the script is there reach nobody


def enter(page: Page, number: str, *files: Path) -> None:
    page.goto("/studies/new/")
    page.get_by_label("Patient number").fill(number)
    page.get_by_label("Last name").fill("Browser")
    page.locator("#id_films").set_input_files(files)
    page.get_by_role("button", name="Send", exact=True).click()


def open_every_film(page: Page) -> None:
    """Of a study with several films each is opened before it is signed: a click, and it counts as seen."""
    for link in page.locator("#strip-films [data-show-film]").all():
        link.click()
        film = link.get_attribute("data-show-film")
        expect(page.locator(f"#sign-form input[name=seen][value='{film}']")).to_be_attached()
