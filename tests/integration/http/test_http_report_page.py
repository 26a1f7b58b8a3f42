"""The report in a real browser: it asks nobody, complains of nothing, and prints well on A4.

Needs a Chromium (`TEST_CHROMIUM`, or one on PATH); run it with `pytest -m browser`. With
`KEEP_PICTURES=<folder>` what was seen is kept for somebody to look at.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.report_page import render
from cashback_core.words.locales import Language, languages
from contract.report_samples import BALANCE, HEAD, whole
from integration.journeys import sale_of_now
from integration.people import sign_in_people
from integration.swagger_page import opened_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.running import Gateway
    from integration.swagger_page import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

A4_PT = (595, 842)


@pytest.fixture(scope="module")
def opened() -> Iterator[Page]:
    with opened_browser() as page:
        yield page


@pytest.fixture
def browser(opened: Page) -> Page:
    """The one page of all tests here, as if it had been opened just now."""
    opened.page.set_extra_http_headers({})
    opened.page.set_viewport_size({"width": 1100, "height": 900})
    opened.page.emulate_media(media="screen", color_scheme="light")
    opened.requests.clear()
    opened.complaints.clear()
    return opened


@pytest.mark.parametrize("language", languages())
def test_a_report_is_seen_and_printed(browser: Page, language: Language, tmp_path: Path) -> None:
    kept = Path(os.environ.get("KEEP_PICTURES", tmp_path))
    file = kept / f"report_{language}.html"
    file.write_text(render(HEAD, whole(), BALANCE, language), "utf-8")
    seen = browser.page
    ground: list[str] = []
    for scheme in ("light", "dark"):
        seen.emulate_media(media="screen", color_scheme=scheme)
        seen.goto(file.as_uri())
        ground.append(seen.evaluate("getComputedStyle(document.body).backgroundColor"))
        seen.screenshot(path=kept / f"report_{language}_{scheme}.png", full_page=True)
    assert ground == ["rgb(255, 255, 255)", "rgb(18, 23, 29)"]
    # Nothing is wider than the window, or than its own cell; every chart has a size.
    assert seen.evaluate("document.documentElement.scrollWidth") <= 1100
    assert seen.evaluate(
        "[...document.querySelectorAll('svg.chart')].every(c => c.getBBox().width)"
    )
    assert seen.evaluate(_OUTSIDE) == []
    seen.set_viewport_size({"width": 390, "height": 800})
    assert seen.evaluate("document.documentElement.scrollWidth") <= 390
    seen.emulate_media(media="print", color_scheme="dark")
    assert seen.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    pdf = seen.pdf(prefer_css_page_size=True)
    (kept / f"report_{language}.pdf").write_bytes(pdf)
    assert browser.complaints == []
    assert set(browser.requests) == {file.as_uri()}
    pages = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf)
    assert {(round(float(wide)), round(float(high))) for wide, high in pages} == {A4_PT}
    assert 4 <= len(pages) <= 6
    assert b"/Subtype /Image" not in pdf
    assert len(pdf) < 200_000


_OUTSIDE = """
[...document.querySelectorAll('svg.chart text')].filter(text => {
  const box = text.getBBox(), whole = text.ownerSVGElement.viewBox.baseVal;
  return box.x < 0 || box.x + box.width > whole.width + 1 || box.y + box.height > whole.height + 2;
}).map(text => text.textContent)
"""


def test_the_policy_stops_what_somebody_would_slip_in(browser: Page, tmp_path: Path) -> None:
    """So that a mark which came through all the same loads nothing, and runs nothing."""
    page = render(HEAD, whole(), None, Language("en"))
    slipped = "<script>document.title = 'x'</script><img src='http://127.0.0.1:9/x.png'>"
    file = tmp_path / "slipped.html"
    file.write_text(page.replace("<footer>", slipped + "<footer>"), "utf-8")
    browser.page.goto(file.as_uri())
    assert browser.page.title().startswith("Cashback report")
    blocked = [text for text in browser.complaints if "has been blocked" in text]
    assert len(blocked) == len(browser.complaints) == 2
    assert "inline script" in blocked[0]
    assert "img-src" in blocked[1]


def test_the_service_s_own_page_is_shown_under_its_header(
    own_gateway: Gateway, browser: Page
) -> None:
    """Its policy comes twice, as a header and in the page: what both allow is what it needs."""
    assert own_gateway.submit(sale_of_now()).status in {201, 202}
    who = sign_in_people(own_gateway).headers(1, "analyst")
    browser.page.set_extra_http_headers({**who, "Accept": "text/html"})
    url = f"{own_gateway.base_url}/api/figures?by=hour"
    answered = browser.page.goto(url)
    assert answered.status == 200
    assert "style-src 'sha256-" in answered.headers["content-security-policy"]
    assert browser.page.title().startswith("Cashback report")
    assert browser.page.locator("svg.chart rect").count() > 0
    ground = browser.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert browser.complaints == []
    assert browser.requests == [url]
