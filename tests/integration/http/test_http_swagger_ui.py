"""Swagger UI in a real browser: it asks no other host, Authorize works, the example is taken.

Needs a Chromium (`TEST_CHROMIUM`, or one on PATH); run it with `pytest -m browser`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from integration.running import PASSWORD
from integration.swagger_page import opened_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.running import Gateway
    from integration.swagger_page import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]  # the page takes seconds to draw


@pytest.fixture
def page() -> Iterator[Page]:
    with opened_browser() as page:
        yield page


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
