"""Runs the corpus of bad inputs: reads its cases, fills them in, sends them."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.credentials.signing_key import SigningKey, jwk, load_signing_key, signing_key
from adapters.credentials.tokens import JwtTokens
from adapters.postgres.connection.database import Database
from adapters.postgres.identity.accounts import PostgresAccounts
from cashback_core.people.tokens import TokenKind, TokenOwner, owner_of
from cashback_core.values.documents import cpf_check_digits
from cashback_core.values.ids import new_id
from cashback_core.values.instants import format_instant
from contract.openapi_conformance import assert_conforms
from integration.running import send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integration.running import Gateway, Reply

CORPUS: Final = Path(__file__).parent / "corpus"
ZONE: Final = ZoneInfo("America/Sao_Paulo")
STORED: Final = ("customers", "sales", "sale_lines", "sale_names", "cashbacks")
"""Tables that a refused request must leave as they were."""

_CPF: Final = b"52998224725"
_MASKED: Final = b"529.982.247-25"
_stems = itertools.count(500_000_000)
_keys = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, filled in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(slots=True, kw_only=True)
class Run:
    """One case on its way: its own CPF, and what its steps saved."""

    gateway: Gateway
    cpf: str
    tokens: Mapping[str, str]
    saved: dict[str, str] = field(default_factory=dict[str, str])

    def request(self, step: Mapping[str, Any]) -> Request:
        """A step as it is to be sent."""
        headers: dict[str, str | None] = {
            "Authorization": "Bearer {TOKEN}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"case-{next(_keys)}",
            **step.get("headers", {}),
        }
        path: str = step.get("path", "/api/cashback")
        for name, value in self.saved.items():
            path = path.replace("{" + name + "}", value)
        return Request(
            method=step.get("method", "POST"),
            path=path,
            headers={
                n: self.filled(v.encode()).decode() for n, v in headers.items() if v is not None
            },
            body=self._body(step),
        )

    def send(self, request: Request) -> Reply:
        """Send it; whatever is answered must be documented, and nothing is a fault of ours."""
        reply = send(
            self.gateway.base_url,
            request.method,
            request.path,
            request.body,
            {name: value.encode().decode("latin-1") for name, value in request.headers.items()},
        )
        assert reply.status < 500, reply.body
        assert_conforms(
            request.method,
            request.path,
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
        )
        return reply

    def _body(self, step: Mapping[str, Any]) -> bytes | None:
        if "body_b64" in step:
            return self.filled(base64.b64decode(step["body_b64"]))
        return self.filled(step["body"].encode()) if "body" in step else None

    def filled(self, text: bytes) -> bytes:
        """The bytes with this case's CPF, tokens and instants."""
        cpf = self.cpf
        masked = f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"
        text = text.replace(_CPF, cpf.encode()).replace(_MASKED, masked.encode())
        if b"{" not in text:
            return text
        now = datetime.now(UTC)
        tomorrow = (now + timedelta(days=1)).astimezone(ZONE)
        soon = (now + timedelta(minutes=2)).replace(microsecond=0)
        filled = {
            **self.tokens,
            "TOMORROW": tomorrow.strftime("%Y-%m-%d %H:%M:%S"),
            "NOW+2MIN": format_instant(soon),
        }
        for name, value in filled.items():
            text = text.replace(b"{" + name.encode() + b"}", value.encode())
        return text


def cases(*groups: str) -> list[dict[str, Any]]:
    """The cases of some groups, of every file."""
    found: list[dict[str, Any]] = []
    for path in sorted(CORPUS.glob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found += [case for case in map(json.loads, lines) if case["group"] in groups]
    return found


def allowed(case: Mapping[str, Any]) -> set[int | str]:
    """The answers that a case or a step may get."""
    return set(case["expect_any"] if "expect_any" in case else [case["expect"]])


def new_run(gateway: Gateway) -> Run:
    """A run with a CPF that nobody has."""
    stem = str(next(_stems))
    tokens = tokens_of(Path(gateway.environ["CASHBACK_SIGNING_KEY_FILE"]), gateway.dsn)
    return Run(gateway=gateway, cpf=stem + cpf_check_digits(stem), tokens=tokens)


def stored_rows(gateway: Gateway) -> dict[str, int]:
    """How many rows each table of sales has."""
    counts = ", ".join(f"(select count(*) from {table})" for table in STORED)  # noqa: S608 (ours)
    (row,) = gateway.rows(f"select {counts}")
    return dict(zip(STORED, row, strict=True))


@cache
def tokens_of(key_file: Path, dsn: str) -> dict[str, str]:
    """A good token, those of others, and every forgery that can be made with or without our key."""
    key = load_signing_key(key_file)
    tokens = JwtTokens(key)
    demo, ended = _session("demo", dsn), _session("demo", dsn)
    other = _session("other", dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "update sessions set revoked_at = now(), reason = 'revoked' where session_id = %s",
            [ended.session_id],
        )
    good = tokens.issue(TokenKind.ACCESS, demo)
    return {
        "TOKEN": good,
        "TOKEN_REFRESH": tokens.issue(TokenKind.REFRESH, demo),
        "TOKEN_MERCHANT_2": tokens.issue(TokenKind.ACCESS, other),
        "TOKEN_ENDED_SESSION": tokens.issue(TokenKind.ACCESS, ended),
        "TOKEN_OTHERS_SESSION": tokens.issue(
            TokenKind.ACCESS, replace(demo, session_id=other.session_id)
        ),
        "TOKEN_UNKNOWN_SESSION": tokens.issue(TokenKind.ACCESS, replace(demo, session_id=new_id())),
        "TOKEN_USER_AS_CLIENT": tokens.issue(
            TokenKind.ACCESS, replace(demo, subject="client:demo")
        ),
        **_forgeries(key, good),
    }


def _session(username: str, dsn: str) -> TokenOwner:
    accounts = PostgresAccounts(Database(dsn))
    return owner_of(asyncio.run(accounts.begin_session(username, life_s=86_400)))


def _forgeries(key: SigningKey, good: str) -> dict[str, str]:
    now = int(time.time())
    claims = jwt.decode(good, options={"verify_signature": False})

    def signed(header: dict[str, Any] | None = None, **changes: object) -> str:
        named = {"kid": key.id, **(header or {})}
        return jwt.encode({**claims, **changes}, key.private, algorithm="EdDSA", headers=named)

    # A key that was ours once, or will be: rightly signed, and under its own id.
    retired = signing_key(Ed25519PrivateKey.generate())
    head, _, signature = good.split(".")
    tampered = signed(merchant=2).split(".")[1]
    return {
        "TOKEN_ALG_NONE": jwt.encode(claims, "", algorithm="none"),
        "TOKEN_HS256": jwt.encode(claims, "x" * 32, algorithm="HS256"),
        "TOKEN_EXPIRED": signed(iat=now - 1000, exp=now - 100),
        "TOKEN_NO_EXP": jwt.encode(
            {n: v for n, v in claims.items() if n != "exp"}, key.private, algorithm="EdDSA"
        ),
        "TOKEN_FAR_EXP": signed(exp=10**12),
        "TOKEN_NBF_FUTURE": signed(nbf=now + 3600),
        "TOKEN_IAT_FUTURE": signed(iat=now + 3600, exp=now + 4000),
        "TOKEN_WRONG_AUD": signed(aud="another"),
        "TOKEN_WRONG_ISS": signed(iss="another"),
        "TOKEN_WRONG_KID": signed({"kid": "another"}),
        "TOKEN_NO_KID": jwt.encode(claims, key.private, algorithm="EdDSA"),
        "TOKEN_KID_IS_A_PATH": signed({"kid": "../signing_key.pem"}),
        "TOKEN_RETIRED_KEY": jwt.encode(
            claims, retired.private, algorithm="EdDSA", headers={"kid": retired.id}
        ),
        "TOKEN_RETIRED_KEY_OUR_KID": jwt.encode(
            claims, retired.private, algorithm="EdDSA", headers={"kid": key.id}
        ),
        "TOKEN_OWN_KEY_INSIDE": signed({"jwk": jwk(retired)}),
        "TOKEN_NO_SID": jwt.encode(
            {n: v for n, v in claims.items() if n != "sid"},
            key.private,
            algorithm="EdDSA",
            headers={"kid": key.id},
        ),
        "TOKEN_SID_NO_UUID": signed(sid="' or true --"),
        "TOKEN_NO_MERCHANT": signed(merchant=None),
        "TOKEN_CRIT": signed({"crit": ["unknown"], "unknown": 1}),
        "TOKEN_TAMPERED": f"{head}.{tampered}.{signature}",
    }
