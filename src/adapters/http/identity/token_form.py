"""A token for an API client as OAuth 2.0 asks for it: a form, and answers in OAuth's own words.

RFC 6749: the client credentials grant (4.4), its client by HTTP Basic or in the body (2.3.1), its
answer (5.1) and its errors (5.2). Libraries that speak it need nothing written for this gateway.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote_plus

from adapters.http.identity import shapes
from adapters.http.problems.problem import said_in
from adapters.http.wire.answers import Answer, Header, encode
from adapters.http.wire.body import BodyTooLargeError, UnsupportedBodyError, read_content
from adapters.http.wire.headers import Fields, read_language
from cashback_core.people.fair_queue import TooManyLogInsError
from cashback_core.people.log_in import BadCredentialsError, LogInThrottledError
from cashback_core.values.availability import StoreUnavailable
from cashback_core.words.locales import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar.types import Receive

    from cashback_core.people.log_in import LogIn, TokenGrant
    from cashback_core.words.locales import Language

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
GRANT: Final = "client_credentials"
MAX_FIELDS: Final = 16
"""A request has four; whatever else a library sends is not looked at (RFC 6749, 3.2)."""

_FORM: Final = re.compile(rb"[ \t]*application/x-www-form-urlencoded[ \t]*(?:;|\Z)", re.IGNORECASE)
_PRAGMA: Final[Header] = (b"pragma", b"no-cache")
_ASK: Final[Header] = (b"www-authenticate", b'Basic realm="cashback-api", charset="UTF-8"')
_SOON_S: Final = 1.0


class OAuthFault(StrEnum):
    """The errors of RFC 6749, 5.2; the last is 4.1.2.1's, for what is our own trouble."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_SCOPE = "invalid_scope"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"


class OAuthRefusedError(Exception):
    """A form that gets no token; `words` is a phrase `oauth.…`."""

    def __init__(
        self, fault: OAuthFault, words: str, *, status: int = 400, wait_s: float | None = None
    ) -> None:
        super().__init__(f"{fault}: {words}")
        self.fault = fault
        self.words = words
        self.status = status
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _Client:
    """Who asks, and with what."""

    id: str
    secret: str


def is_form(fields: Fields) -> bool:
    """Whether a request says that its body is a form."""
    media_type = fields.get(b"content-type")
    return media_type is not None and _FORM.match(media_type) is not None


async def answer_form(login: LogIn, fields: Fields, receive: Receive, *, address: str) -> Answer:
    """Sell a token for the form that comes, or tell why not in OAuth's words."""
    try:
        granted = await _grant(login, fields, receive, address)
    except OAuthRefusedError as error:
        return _refusal(error, read_language(fields))
    shape = shapes.OAuthToken(
        access_token=granted.access,
        token_type="bearer",  # noqa: S106 (the kind of it)
        expires_in=granted.expires_in_s,
    )
    return Answer(200, encode(shape), headers=(_PRAGMA,))


async def _grant(login: LogIn, fields: Fields, receive: Receive, address: str) -> TokenGrant:
    try:
        body = await read_content(fields, receive)
    except UnsupportedBodyError as error:
        raise OAuthRefusedError(OAuthFault.INVALID_REQUEST, "coded") from error
    except BodyTooLargeError as error:
        raise OAuthRefusedError(OAuthFault.INVALID_REQUEST, "too_large") from error
    form = read_form(body)
    if "grant_type" not in form:
        raise OAuthRefusedError(OAuthFault.INVALID_REQUEST, "no_grant")
    if form["grant_type"] != GRANT:
        raise OAuthRefusedError(OAuthFault.UNSUPPORTED_GRANT_TYPE, "grant")
    client = _client(form, fields.get(b"authorization"))
    if "scope" in form:
        raise OAuthRefusedError(OAuthFault.INVALID_SCOPE, "scope")
    try:
        return await login.client(client_id=client.id, secret=client.secret, address=address)
    except BadCredentialsError as error:
        raise _unknown_client() from error
    except LogInThrottledError as error:
        raise _come_back("throttled", 429, error.wait_s) from error
    except TooManyLogInsError as error:
        raise _come_back("crowded", 429, _SOON_S) from error
    except StoreUnavailable as error:
        raise _come_back("away", 503, _SOON_S) from error


def read_form(body: bytes) -> Mapping[str, str]:
    """The fields of a form that have a value; raises OAuthError.

    One without a value counts as left out, and none may come twice (RFC 6749, 3.2).
    """
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:  # Unicode errors are such
        raise OAuthRefusedError(OAuthFault.INVALID_REQUEST, "malformed") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthRefusedError(OAuthFault.INVALID_REQUEST, "repeated")
    return {name: value for name, value in form.items() if value}


def _client(form: Mapping[str, str], authorization: bytes | None) -> _Client:
    """The client by the header or by the body, and never by both (RFC 6749, 2.3)."""
    if authorization is None:
        if "client_id" not in form or "client_secret" not in form:
            raise _unknown_client()
        return _Client(id=form["client_id"], secret=form["client_secret"])
    client = _of_basic(authorization)
    # Some libraries repeat the id in the body, which contradicts nothing.
    if "client_secret" in form or form.get("client_id", client.id) != client.id:
        raise OAuthRefusedError(OAuthFault.INVALID_REQUEST, "twice")
    return client


def _of_basic(authorization: bytes) -> _Client:
    scheme, _, coded = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        raise _unknown_client()
    try:
        told = base64.b64decode(coded.strip(b" "), validate=True).decode("utf-8")
        id_, colon, secret = told.partition(":")
        # Both are coded as in a form first (RFC 6749, 2.3.1); what is plain stays as it is.
        client = _Client(
            id=unquote_plus(id_, errors="strict"), secret=unquote_plus(secret, errors="strict")
        )
    except (binascii.Error, ValueError) as error:
        raise _unknown_client() from error
    if not colon:
        raise _unknown_client()
    return client


def _unknown_client() -> OAuthRefusedError:
    return OAuthRefusedError(OAuthFault.INVALID_CLIENT, "client", status=401)


def _come_back(words: str, status: int, wait_s: float) -> OAuthRefusedError:
    return OAuthRefusedError(
        OAuthFault.TEMPORARILY_UNAVAILABLE, words, status=status, wait_s=wait_s
    )


def _refusal(error: OAuthRefusedError, language: Language) -> Answer:
    shape = shapes.OAuthError(
        error=error.fault.value, error_description=_ascii(phrase(language, f"oauth.{error.words}"))
    )
    headers: list[Header] = [
        _PRAGMA,
        *said_in(language),
    ]
    if error.status == 401:
        headers.append(_ASK)
    if error.wait_s is not None:
        headers.append((b"retry-after", b"%d" % math.ceil(error.wait_s)))
    return Answer(error.status, encode(shape), headers=headers)


def _ascii(text: str) -> str:
    """A description holds ASCII alone (RFC 6749, 5.2): accents are left out."""
    return unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode("ascii")
