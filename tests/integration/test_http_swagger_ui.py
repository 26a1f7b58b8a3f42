"""Swagger UI in a real browser: it asks no other host, Authorize works, the example is taken.

Needs the dependency group `browser` and a Chromium (`TEST_CHROMIUM`, or one on PATH); run it
with `pytest -m browser`.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from integration.running import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.running import Gateway

pytestmark = pytest.mark.browser


@dataclass(kw_only=True)  # no slots: Playwright marks the objects whose methods it calls
class Page:
    """The page, with everything that it asked for and complained about."""

    page: Any
    requests: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])

    def note_request(self, request: Any) -> None:
        self.requests.append(request.url)

    def note_complaint(self, message: Any) -> None:
        self.complaints.append(str(getattr(message, "text", message)))

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.page.locator(".opblock").first.wait_for()

    def execute(self, operation: str, body: str | None = None) -> tuple[str, Any]:
        """Press Execute of an operation, opening it first if need be: status and JSON."""
        block = self.page.locator(f"#operations-{operation}")
        if not block.locator(".execute").is_visible():
            block.locator(".opblock-summary-control").click()
        if body is not None:
            block.locator("textarea.body-param__text").fill(body)
        with self.page.expect_response(_is_call) as answered:
            block.locator(".execute").click()
        shown = block.locator(".live-responses-table .response-col_status")
        shown.last.wait_for()
        return shown.last.inner_text().strip(), answered.value.json()

    def authorize(self, token: str) -> None:
        self.page.locator(".auth-wrapper .authorize").first.click()
        self.page.locator(".modal-ux input").fill(token)
        self.page.locator(".modal-ux .btn.authorize").click()
        self.page.locator(".modal-ux .btn-done").click()


def _is_call(response: Any) -> bool:
    return bool(response.request.resource_type == "fetch")


@pytest.fixture
def page() -> Iterator[Page]:
    sync_api = cast("Any", importlib.import_module("playwright.sync_api"))
    chromium = os.environ.get("TEST_CHROMIUM") or shutil.which("chromium")
    assert chromium is not None, "no Chromium: name one in TEST_CHROMIUM"
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = Page(page=browser.new_page())
        page.page.on("request", page.note_request)
        page.page.on("console", page.note_complaint)
        page.page.on("pageerror", page.note_complaint)
        yield page
        browser.close()


def test_a_newcomer_logs_in_authorizes_and_sends_the_example_twice(
    gateway: Gateway, page: Page
) -> None:
    page.open(gateway.base_url)
    credentials = {"username": "demo", "password": PASSWORD}
    status, tokens = page.execute("Tokens-logIn", json.dumps(credentials))
    assert status == "200"
    assert page.execute("Cashbacks-submit")[0] == "401"

    page.authorize(tokens["access"])
    first_status, first = page.execute("Cashbacks-submit")
    again_status, again = page.execute("Cashbacks-submit")
    assert (first_status, again_status) == ("201", "201")
    assert again == first

    page.open(gateway.base_url)  # still authorized, and another example
    status, later = page.execute("Cashbacks-submit")
    assert status == "201"
    assert later["id"] != first["id"]

    asked = [url for url in page.requests if not url.startswith("data:")]
    assert asked
    assert {url.startswith(gateway.base_url + "/") for url in asked} == {True}
    assert [text for text in page.complaints if "401" not in text] == []
