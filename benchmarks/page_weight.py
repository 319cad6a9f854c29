"""Weighs each main page as a browser gets it: HTML, style sheets and scripts, compressed, on a first visit.

    python benchmarks/page_weight.py http://127.0.0.1:8000 [--email E] [--password P] [--files]

The portal must run. Pictures are not counted, nor what comes after the page is there: the film viewer and
what sends films by pieces. The last column is how long the page takes at 64 kbit/s.
"""

import argparse
import re
import shutil
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Response, sync_playwright

LATER: Final = re.compile(r"/static/(vendor/bundled|portal/viewer)/|/scans/|[.]svg$")
BYTES_A_SECOND: Final = 64_000 / 8
MOST: Final = 60_000
LISTS: Final = {
    "sign-in": "/accounts/login/",
    "worklist": "/worklist/",
    "new study": "/studies/new/",
    "profile": "/accounts/profile/",
    "deliveries": "/deliveries/",
    "agreement": "/agreement/",
    "films to settle": "/reconcile/",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("--email", default="doctor@riverside.example")
    parser.add_argument("--password", default="radiograph-demo")
    parser.add_argument("--files", action="store_true", help="each file of a page, too")
    options = parser.parse_args()
    heavy = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, weights in weighed(browser, options):
            total = sum(weights.values())
            heavy += total > MOST
            print(f"{name:16} {total / 1000:6.1f} kB {total / BYTES_A_SECOND:6.1f} s", flush=True)
            for address, size in sorted(weights.items(), key=lambda pair: -pair[1]) if options.files else ():
                print(f"    {size:8} {address}")
        browser.close()
    print(f"{heavy} pages over {MOST // 1000} kB")
    return min(heavy, 1)


def weighed(browser: Browser, options: argparse.Namespace) -> Iterator[tuple[str, dict[str, int]]]:
    context = browser.new_context(base_url=options.address)
    page = context.new_page()
    sign_in(page, options)
    study = page.locator(".worklist .row-link").first.get_attribute("href")
    state = context.storage_state()
    context.close()
    pages = LISTS | {"study": str(study), "report": f"{str(study).partition('?')[0]}report/"}
    for name, path in pages.items():
        state_of_page = None if name == "sign-in" else state
        context = browser.new_context(base_url=options.address, storage_state=state_of_page)
        yield name, weights_of(context.new_page(), path)
        context.close()


def weights_of(page: Page, path: str) -> dict[str, int]:
    """How many bytes came for each file of a page that nobody has touched yet."""
    weights: dict[str, int] = {}

    def weigh(response: Response | None) -> None:
        if response is None or LATER.search(response.url) or response.request.resource_type == "image":
            return
        weights[urlsplit(response.url).path] = response.request.sizes()["responseBodySize"]

    page.on("requestfinished", lambda request: weigh(request.response()))
    page.goto(path)
    page.wait_for_load_state("networkidle")
    return weights


def sign_in(page: Page, options: argparse.Namespace) -> None:
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(options.email)
    page.locator("#id_password").fill(options.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/worklist/**")


if __name__ == "__main__":
    raise SystemExit(main())
