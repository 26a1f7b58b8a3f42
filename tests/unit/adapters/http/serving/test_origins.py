from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters.http.serving.origins import Origins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakes.api import Answered, Api

SITE = "https://shop.example"
ASKS = {"Origin": SITE, "Access-Control-Request-Method": "POST"}


async def call(
    api: Api, method: str, *allowed: str, username: str | None = "demo", **headers: str
) -> Answered:
    """A request to the application as it is served when `allowed` are configured."""
    app: Any = api.app
    api.app = Origins(app, frozenset(allowed))  # type: ignore[assignment]
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await api.call(method, "/api/cashbacks", headers=named, username=username)
    finally:
        api.app = app


def granted(headers: Mapping[str, str]) -> set[str]:
    return {name for name in headers if name.startswith("access-control")}


async def test_no_other_site_is_granted_anything_by_default(api: Api) -> None:
    for method in ("GET", "OPTIONS"):
        answer = await call(api, method, Origin=SITE, Access_Control_Request_Method="POST")
        assert answer.status in {200, 204}
        assert granted(answer.headers) == set()


async def test_a_named_site_s_browser_may_ask_first_without_a_token(api: Api) -> None:
    answer = await call(
        api, "OPTIONS", SITE, username=None, Origin=SITE, Access_Control_Request_Method="POST"
    )
    assert answer.status == 204
    assert answer.body == b""
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    assert answer.headers["vary"] == "Origin"


async def test_a_named_site_reads_answers_and_refusals_but_never_with_credentials(api: Api) -> None:
    for username, status in (("demo", 200), (None, 401)):
        answer = await call(api, "GET", SITE, username=username, Origin=SITE)
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == SITE
        assert "Location" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example.evil",
        "https://evil.shop.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://SHOP.example",
        "null",
        "*",
        "",
    ],
)
async def test_a_site_that_is_not_named_to_the_letter_is_granted_nothing(
    api: Api, origin: str
) -> None:
    for method in ("GET", "OPTIONS"):
        answer = await call(api, method, SITE, Origin=origin, Access_Control_Request_Method="GET")
        assert granted(answer.headers) == set()
        assert "Origin" in answer.headers["vary"]


async def test_an_answer_without_an_origin_may_not_be_cached_for_one(api: Api) -> None:
    answer = await call(api, "GET", SITE)
    assert granted(answer.headers) == set()
    assert answer.headers["vary"] == "Origin"


async def test_options_tell_every_method_that_an_address_takes(api: Api) -> None:
    answer = await api.call("OPTIONS", "/api/cashbacks", username=None)
    assert answer.status == 204
    assert answer.body == b""
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-type" not in answer.headers
    assert (await api.call("OPTIONS", "/api/nothing", username=None)).status == 404
