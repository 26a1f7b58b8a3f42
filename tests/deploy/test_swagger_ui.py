"""The first thing that an integrator sees, in a real browser and behind Nginx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.books import assert_books_agree, wait_settled
from integration.swagger_page import opened_browser

if TYPE_CHECKING:
    from deploy.stack import Stack

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]


def test_the_example_is_sent_from_swagger_ui_behind_nginx(stack: Stack) -> None:
    base_url = f"http://127.0.0.1:{stack.port}"
    with opened_browser() as page:
        page.open(base_url)
        page.authorize(stack.token())
        status, record = page.execute("Cashbacks-submit")
        assert status == "201"
        assert record["status"] == "applied"
        asked = [url for url in page.requests if not url.startswith("data:")]
        assert all(url.startswith(f"{base_url}/") for url in asked), asked
        assert page.complaints == []
    [kept] = stack.query(f"select status from cashbacks where cashback_id = '{record['id']}'")  # noqa: S608
    assert kept == ["applied"]
    wait_settled(stack)
    assert_books_agree(stack, [])
