"""Figures as a page for people, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.report_page import POLICY
from fakes.api import SALE

if TYPE_CHECKING:
    from fakes.api import Api

BROWSERS = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("language", "told"), [("pt-BR,pt;q=0.9", "Relatório de cashback"), ("en", "Cashback report")]
)
async def test_a_browser_is_shown_a_page_in_its_language(
    api: Api, language: str, told: str
) -> None:
    assert (await api.submit(SALE)).status == 201
    answer = await api.call(
        "GET",
        "/api/figures?by=type",
        headers={"Accept": BROWSERS, "Accept-Language": language},
        username="olga",
    )
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == f"{POLICY}; frame-ancestors 'none'"
    assert answer.headers["vary"] == "Accept, Accept-Language"
    assert answer.headers["cache-control"] == "no-store"
    page = answer.body.decode()
    assert told in page
    assert "(demo)" in page
    assert page.endswith("</html>\n")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0", "text/plain"])
async def test_whoever_asks_for_no_page_gets_none(api: Api, accept: str) -> None:
    answer = await api.call("GET", "/api/figures", headers={"Accept": accept}, username="olga")
    assert answer.headers["content-type"] == "application/json"


async def test_a_search_is_no_page(api: Api) -> None:
    answer = await api.call("GET", "/api/cashbacks", headers={"Accept": BROWSERS}, username="olga")
    assert answer.headers["content-type"] == "application/json"
