"""Measures how long a film's first picture and its full pixels take in a browser, here and on a slow line.

    python benchmarks/film_viewer.py http://127.0.0.1:8000/studies/<id>/ [--email E] [--password P]

The portal must run, with the film analysed. The slow line is Chromium's own: 400 kbit/s, 150 ms.
"""

import argparse
import shutil
import time
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
PATIENCE_SECONDS = 120
PICTURE = "[...document.querySelectorAll('.first-picture, .picture')].some(i => i.complete && i.naturalWidth)"
FULL = "document.querySelector('.stage-status')?.textContent.includes('full pixels')"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("--email", default="doctor@riverside.example")
    parser.add_argument("--password", default="radiograph-demo")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for line in ("this machine", "400 kbit/s"):
            page = browser.new_context().new_page()
            sign_in(page, options)
            devtools = page.context.new_cdp_session(page)
            devtools.send("Network.enable")
            devtools.send("Network.clearBrowserCache")
            if line != "this machine":
                devtools.send("Network.emulateNetworkConditions", SLOW)
            started = time.monotonic()
            page.goto(options.address, wait_until="commit")
            first = seconds(page, PICTURE, started)
            live = seconds(page, "document.querySelector('.viewer[data-live]')", started)
            print(f"{line}: first picture {first:.1f} s, tools {live:.1f} s", end="", flush=True)
            if line == "this machine":
                print(f", full pixels {seconds(page, FULL, started):.1f} s")
            else:
                print()
            page.context.close()
        browser.close()


def seconds(page: Page, condition: str, started: float) -> float:
    while time.monotonic() - started < PATIENCE_SECONDS:
        if page.evaluate(f"Boolean({condition})"):  # a wait in the page would need eval
            return time.monotonic() - started
        time.sleep(0.02)
    raise SystemExit(f"not within {PATIENCE_SECONDS} s: {condition}")


def sign_in(page: Page, options: argparse.Namespace) -> None:
    parts = urlsplit(options.address)
    page.goto(f"{parts.scheme}://{parts.netloc}/accounts/login/")
    page.locator("#id_login").fill(options.email)
    page.locator("#id_password").fill(options.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/worklist/**")


if __name__ == "__main__":
    main()
