"""Swagger UI in a real browser, as a test drives it."""

from __future__ import annotations

import importlib
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Generator


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


@contextmanager
def opened_browser() -> Generator[Page, None, None]:
    """An empty page of the Chromium that `TEST_CHROMIUM` names, or of the one on PATH."""
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
