"""`POST /api/token` as OAuth 2.0 asks for it (RFC 6749, 4.4): forms, HTTP Basic, their errors."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.identity.token_form import OAuthRefusedError, read_form
from cashback_core.testing.memory_identities import CLIENT_ID, PASSWORD, SECRET

if TYPE_CHECKING:
    from fakes.api import Answered, Api

FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}
IN_BODY = {**GRANT, "client_id": CLIENT_ID, "client_secret": SECRET}


def basic(id_: str = CLIENT_ID, secret: str = SECRET) -> str:
    told = f"{quote_plus(id_)}:{quote_plus(secret)}".encode()
    return f"Basic {base64.b64encode(told).decode()}"


async def ask(
    api: Api,
    form: dict[str, str] | bytes,
    authorization: str | None = None,
    *,
    media_type: str = FORM,
    language: str = "en",
) -> Answered:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    headers = {
        "content-type": media_type,
        "authorization": authorization,
        "accept-language": language,
    }
    return await api.call("POST", "/api/token", body=body, headers=headers, username=None)


@pytest.mark.parametrize(
    ("form", "authorization"),
    [
        (IN_BODY, None),
        (GRANT, basic()),
        ({**GRANT, "client_id": CLIENT_ID}, basic()),
        (GRANT, f"basic {base64.b64encode(f'{CLIENT_ID}:{SECRET}'.encode()).decode()}"),
        ({**IN_BODY, "audience": "whoever", "scope": ""}, None),
    ],
    ids=["body", "basic", "id twice", "small letters", "unknown and empty"],
)
async def test_a_client_buys_a_token_that_works(
    api: Api, form: dict[str, str], authorization: str | None
) -> None:
    answer = await ask(api, form, authorization)
    assert answer.status == 200, answer.body
    told = answer.json()
    assert (told.keys(), told["token_type"]) == (
        {"access_token", "token_type", "expires_in"}, "bearer",
    )  # fmt: skip
    assert told["expires_in"] == 900
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    token = {"authorization": f"Bearer {told['access_token']}"}
    assert (await api.call("GET", "/api/cashbacks", headers=token)).status == 200


@pytest.mark.parametrize("media_type", [FORM.upper(), f"{FORM}; charset=utf-8", f" {FORM} ;x=y"])
async def test_a_form_is_known_however_its_media_type_is_written(api: Api, media_type: str) -> None:
    assert (await ask(api, IN_BODY, media_type=media_type)).status == 200


@pytest.mark.parametrize(
    ("form", "authorization", "status", "error"),
    [
        (b"", None, 400, "invalid_request"),
        (b"grant_type=client_credentials&grant_type=client_credentials", None, 400,
         "invalid_request"),
        (b"grant_type=%ff", None, 400, "invalid_request"),
        ("grant_type=ção".encode(), None, 400, "invalid_request"),
        (b"&".join(b"a%d=1" % n for n in range(40)), None, 400, "invalid_request"),
        (b"x" * 300_000, None, 400, "invalid_request"),
        ({"client_id": CLIENT_ID, "client_secret": SECRET}, None, 400, "invalid_request"),
        (IN_BODY, basic(), 400, "invalid_request"),
        ({**GRANT, "client_id": "cli_another"}, basic(), 400, "invalid_request"),
        ({**GRANT, "scope": "sales"}, basic(), 400, "invalid_scope"),
        ({"grant_type": "password", "username": "demo", "password": PASSWORD}, None, 400,
         "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, basic(), 400,
         "unsupported_grant_type"),
        (GRANT, None, 401, "invalid_client"),
        ({**GRANT, "client_id": CLIENT_ID}, None, 401, "invalid_client"),
        ({**IN_BODY, "client_secret": "wrong"}, None, 401, "invalid_client"),
        ({**IN_BODY, "client_id": "' or true --"}, None, 401, "invalid_client"),
        (GRANT, basic(secret="wrong"), 401, "invalid_client"),
        (GRANT, basic(id_="nobody"), 401, "invalid_client"),
        (GRANT, "Basic !!!", 401, "invalid_client"),
        (GRANT, "Basic " + base64.b64encode(b"no colon").decode(), 401, "invalid_client"),
        (GRANT, "Basic " + base64.b64encode(b"\xff:\xff").decode(), 401, "invalid_client"),
        (GRANT, "Bearer whatever", 401, "invalid_client"),
        (GRANT, "", 401, "invalid_client"),
    ],
)  # fmt: skip
async def test_what_is_refused_is_refused_in_the_words_of_oauth(
    api: Api, form: Any, authorization: str | None, status: int, error: str
) -> None:
    for language in ("en", "pt"):
        answer = await ask(api, form, authorization, language=language)
        told = answer.json()
        assert (answer.status, told["error"]) == (status, error)
        assert answer.headers["content-type"] == "application/json"
        assert (answer.headers["cache-control"], answer.headers["content-language"]) == (
            "no-store", language,
        )  # fmt: skip
        assert ("www-authenticate" in answer.headers) is (status == 401)
        # RFC 6749, 5.2: printable ASCII without the quote and the backslash.
        assert all(" " <= c <= "~" and c not in '"\\' for c in told["error_description"])


async def test_a_database_that_is_away_is_told_with_a_time_to_come_back(api: Api) -> None:
    api.identities.away = True
    answer = await ask(api, IN_BODY)
    assert (answer.status, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_json_is_answered_as_before_whatever_its_header_says(api: Api) -> None:
    answer = await ask(api, b"grant_type=client_credentials", media_type="text/plain")
    assert (answer.status, answer.json()["code"]) == (415, "unsupported_media_type")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_of_texts_or_a_refusal(body: bytes) -> None:
    try:
        form = read_form(body)
    except OAuthRefusedError:
        return
    assert all(form.values())
