from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from adapters.credentials import tokens as module
from adapters.credentials.signing_key import signing_key, verifying_key
from adapters.credentials.tokens import JwtTokens
from cashback_core.people.tokens import Claims, InvalidTokenError, Lifetimes, TokenKind, TokenOwner

KEY = signing_key(Ed25519PrivateKey.generate())
NOW_S = 1_780_000_000
GOOD: dict[str, Any] = {
    "iss": "cashback-gateway",
    "aud": "cashback-api",
    "sub": "user:demo",
    "merchant": 1,
    "sid": "01890000-0000-7000-8000-000000000001",
    "typ": "access",
    "jti": "x",
    "iat": NOW_S,
    "exp": NOW_S + 900,
}


OWNER = TokenOwner(subject="user:demo", merchant_id=7, session_id=UUID(GOOD["sid"]))


class Clock:
    def __init__(self) -> None:
        self.now_s = float(NOW_S)

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> JwtTokens:
    return JwtTokens(KEY, lifetimes=Lifetimes(access_s=900, refresh_s=86_400), now_s=clock)


def signed(
    claims: dict[str, Any],
    *,
    header: dict[str, Any] | None = None,
    key: Ed25519PrivateKey = KEY.private,
) -> str:
    """A token with any claims and header, rightly signed: what a thief of libraries could make."""

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    body = (
        part({"alg": "EdDSA", "typ": "JWT", "kid": KEY.id, **(header or {})}) + b"." + part(claims)
    )
    signature = base64.urlsafe_b64encode(key.sign(body)).rstrip(b"=")
    return (body + b"." + signature).decode()


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


def test_a_token_tells_who_and_for_how_long(tokens: JwtTokens) -> None:
    token = tokens.issue(TokenKind.ACCESS, OWNER, token_id="its own")
    assert tokens.check(token, TokenKind.ACCESS) == Claims(
        kind=TokenKind.ACCESS, owner=OWNER, id="its own", expires_at_s=NOW_S + 900
    )
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "EdDSA", "typ": "JWT", "kid": KEY.id}
    payload = jwt.decode(token, options={"verify_signature": False})
    assert set(payload) == {"iss", "aud", "sub", "merchant", "sid", "typ", "jti", "iat", "exp"}
    assert payload["merchant"] == 7


def test_no_two_tokens_are_equal(tokens: JwtTokens) -> None:
    made = {tokens.issue(TokenKind.ACCESS, OWNER) for _ in range(5)}
    assert len(made) == 5


def test_a_token_of_one_kind_is_not_one_of_the_other(tokens: JwtTokens) -> None:
    refresh = tokens.issue(TokenKind.REFRESH, OWNER)
    assert tokens.check(refresh).kind is TokenKind.REFRESH
    with pytest.raises(InvalidTokenError):
        tokens.check(refresh, TokenKind.ACCESS)
    assert tokens.check(refresh, TokenKind.REFRESH).expires_at_s == NOW_S + 86_400


def test_a_hand_made_token_with_every_right_claim_is_good(tokens: JwtTokens) -> None:
    assert tokens.check(signed(GOOD)).owner.subject == "user:demo"
    assert tokens.check(signed({**GOOD, "merchant": None})).owner.merchant_id is None
    assert tokens.check(signed(GOOD, header={"kid": KEY.id})).owner.subject == "user:demo"


@pytest.mark.parametrize(
    "claims",
    [
        *(without(name) for name in GOOD),
        *({**GOOD, name: None} for name in GOOD if name != "merchant"),
        *({**GOOD, name: [GOOD[name]]} for name in GOOD),
        {**GOOD, "iss": "other"},
        {**GOOD, "aud": "other"},
        {**GOOD, "typ": "id"},
        {**GOOD, "merchant": "1"},
        {**GOOD, "merchant": True},
        {**GOOD, "merchant": 1.0},
        {**GOOD, "sid": GOOD["sid"].replace("-", "")},
        {**GOOD, "sid": GOOD["sid"] + "\n"},
        {**GOOD, "sid": "me"},
        {**GOOD, "sub": 1},
        {**GOOD, "exp": NOW_S},
        {**GOOD, "exp": float(NOW_S + 900)},
        {**GOOD, "exp": 1e308},
        {**GOOD, "exp": NOW_S + 86_401},
        {**GOOD, "exp": 10**400},
        {**GOOD, "iat": NOW_S + 6, "exp": NOW_S + 100},
        {**GOOD, "iat": NOW_S - 90_000},
        {**GOOD, "iat": NOW_S + 5, "exp": NOW_S + 5},
        {**GOOD, "nbf": NOW_S + 6},
        {**GOOD, "nbf": "0"},
        {**GOOD, "typ": "refresh", "exp": NOW_S + 367 * 86_400},
    ],
)
def test_a_claim_that_is_missing_or_wrong_makes_a_token_worthless(
    tokens: JwtTokens, claims: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.check(signed(claims))


@pytest.mark.parametrize("claim", [{"iat": NOW_S + 5}, {"nbf": NOW_S + 5}, {"nbf": NOW_S - 5}])
def test_another_clock_may_be_a_few_seconds_ahead(tokens: JwtTokens, claim: dict[str, int]) -> None:
    assert tokens.check(signed({**GOOD, **claim})).owner.subject == "user:demo"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "eddsa"},
        {"alg": None},
        {"alg": ["EdDSA"]},
        {"kid": "another"},
        {"kid": 1},
        {"kid": None},
        {"kid": ["another"]},
        {"kid": {}},
        {"kid": "../../etc/key.pem"},
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
        {"jku": "http://127.0.0.1/keys"},
        {"jwk": {"kty": "OKP"}},
        {"x5u": "http://127.0.0.1/"},
    ],
)
def test_nothing_in_a_header_chooses_how_a_token_is_checked(
    tokens: JwtTokens, header: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.check(signed(GOOD, header=header))


def test_a_token_of_a_further_key_is_good_under_its_own_id_alone(clock: Clock) -> None:
    last, next_ = (signing_key(Ed25519PrivateKey.generate()) for _ in range(2))
    tokens = JwtTokens(KEY, further=[last, verifying_key(next_.public)], now_s=clock)
    for key in (KEY, last, next_):
        own = signed(GOOD, header={"kid": key.id}, key=key.private)
        assert tokens.check(own).owner.subject == "user:demo"
        for other in {KEY.id, last.id, next_.id} - {key.id}:
            with pytest.raises(InvalidTokenError):
                tokens.check(signed(GOOD, header={"kid": other}, key=key.private))
    assert jwt.get_unverified_header(tokens.issue(TokenKind.ACCESS, OWNER))["kid"] == KEY.id


def test_a_token_without_a_key_id_is_refused(tokens: JwtTokens) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.check(jwt.encode(GOOD, KEY.private, algorithm="EdDSA"))


def test_a_token_of_another_key_is_refused(tokens: JwtTokens) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.check(signed(GOOD, key=Ed25519PrivateKey.generate()))


def test_the_public_key_is_no_shared_secret(tokens: JwtTokens) -> None:
    public = KEY.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    with pytest.raises(InvalidTokenError):
        tokens.check(jwt.encode(GOOD, public, algorithm="HS256"))


def test_a_token_without_a_signature_is_refused(tokens: JwtTokens) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.check(jwt.encode(GOOD, "", algorithm="none"))
    head, body, _ = signed(GOOD).split(".")
    with pytest.raises(InvalidTokenError):
        tokens.check(f"{head}.{body}.")


def test_a_changed_payload_is_refused(tokens: JwtTokens) -> None:
    head, _, signature = signed(GOOD).split(".")
    _, body, _ = signed({**GOOD, "merchant": 2}).split(".")
    with pytest.raises(InvalidTokenError):
        tokens.check(f"{head}.{body}.{signature}")


@given(st.one_of(st.text(max_size=200), st.lists(st.text(max_size=40)).map(".".join)))
def test_no_text_makes_checking_it_fail_otherwise(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        JwtTokens(KEY).check(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values, json_values)
def test_no_json_in_head_or_body_makes_checking_it_fail_otherwise(head: Any, body: Any) -> None:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    with pytest.raises(InvalidTokenError):
        JwtTokens(KEY).check(f"{part(head)}.{part(body)}.{part('x')}")


def test_a_deeply_nested_head_is_refused(tokens: JwtTokens) -> None:
    head = base64.urlsafe_b64encode(b"[" * 1500).decode()
    assert len(head) < module.MAX_TOKEN_CHARS
    with pytest.raises(InvalidTokenError):
        tokens.check(f"{head}.e30.e30")


def test_a_token_longer_than_any_of_ours_is_not_looked_at(tokens: JwtTokens) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.check(signed({**GOOD, "pad": "x" * module.MAX_TOKEN_CHARS}))


def test_a_known_token_ends_at_its_expiry_all_the_same(tokens: JwtTokens, clock: Clock) -> None:
    token = signed({**GOOD, "exp": NOW_S + 30})
    tokens.check(token)
    clock.now_s = NOW_S + 29.9
    tokens.check(token)
    clock.now_s = NOW_S + 30
    with pytest.raises(InvalidTokenError):
        tokens.check(token)


def test_a_token_is_checked_once_and_then_known_for_a_while(
    tokens: JwtTokens, clock: Clock
) -> None:
    token = signed(GOOD)
    tokens.check(token)
    tokens.keys = {}  # any new look would refuse it
    clock.now_s += module.KNOWN_S - 0.1
    tokens.check(token)
    clock.now_s += 0.1
    with pytest.raises(InvalidTokenError):
        tokens.check(token)


def test_what_is_known_is_bounded_and_the_oldest_is_forgotten(tokens: JwtTokens) -> None:
    first = signed({**GOOD, "jti": "first"})
    tokens.check(first)
    for number in range(module.MAX_KNOWN):
        tokens.check(signed({**GOOD, "jti": str(number)}))
    assert len(tokens._known) == module.MAX_KNOWN
    assert first not in tokens._known
