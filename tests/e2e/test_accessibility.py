"""Every page that links lead to keeps WCAG 2.2 AA, as axe-core judges: light on a desk, dark on a phone."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.portal import ROOT, Portal
from tests.e2e.steps import sign_in

pytestmark = pytest.mark.e2e

AXE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = {
    "light, desk": {"color_scheme": "light", "viewport": {"width": 1366, "height": 768}},
    "dark, phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}, "has_touch": True},
}
# The way out, and what others made: the administration's scripts and the documentation of the API.
NOT_PAGES = re.compile(r"/(static|jsi18n|logout|schema|api)\b")
NAMES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|/\d+/")
PEOPLE = ("doctor@riverside.example", "administrator@riverside.example", "technician@riverside.example")
MOST = 70


def kind(address: str) -> str:
    """The address without the record's name and without its query: pages of one kind are judged once."""
    return NAMES.sub("/…/", urlsplit(address).path)


@pytest.fixture
def contexts(browser: Browser, portal: Portal) -> Iterator[dict[str, BrowserContext]]:
    opened = {look: browser.new_context(base_url=portal.url, **how) for look, how in LOOKS.items()}
    yield opened
    for context in opened.values():
        context.close()


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "rules => axe.run({runOnly: {type: 'tag', values: rules}}).then(result => result.violations)", RULES
    )
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"][:3]]


def links(page: Page) -> list[str]:
    found = page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
    return [address for address in found if address.startswith("/") and not NOT_PAGES.search(address)]


@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_breaks_wcag(contexts: dict[str, BrowserContext], person: str) -> None:
    pages = {look: context.new_page() for look, context in contexts.items()}
    told = [f"{look} /accounts/login/ {one}" for look, page in pages.items() for one in at_the_door(page)]
    for page in pages.values():
        sign_in(page, person)
    desk = pages["light, desk"]
    waiting, seen = ["/worklist/", *links(desk)], set[str]()
    while waiting and len(seen) < MOST:
        address = waiting.pop(0)
        if kind(address) in seen or ("/admin/" in address and "operator" not in person):
            continue
        seen.add(kind(address))
        if "text/html" not in desk.request.head(address).headers.get("content-type", ""):
            continue  # a film or a document
        for look, page in pages.items():
            page.goto(address)
            told += [f"{look} {kind(address)} {one}" for one in violations(page)]
        waiting += links(desk)
    assert len(seen) > 8, seen
    assert not told, "\n".join(told)


def at_the_door(page: Page) -> list[str]:
    page.goto("/accounts/login/")
    return violations(page)
