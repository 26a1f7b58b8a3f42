"""Sales as tills print them: the cases of `tills.jsonl`, and merchants who take them their way.

Each case has the merchant's rules, what its sale differs in from a plain one, and the whole answer.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cashback_core.values.instants import format_instant
from integration.administering import add_user
from integration.journeys import fresh_cpf
from integration.people import sign_in_people
from integration.running import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integration.running import Gateway, Reply

CASES: Final = Path(__file__).with_name("tills.jsonl")
TYPES: Final = ({"type": "A", "rate_bp": 500}, {"type": "B", "rate_bp": 100})
EXCLUDED: Final = {"type": "X", "excluded": True}
EACH_TIME: Final = ("id", "accepted_at", "applied_at", "sold_at", "submitted_by", "group")
"""What a record has that is of this one alone."""

AN_HOUR_AHEAD: Final = "now + 60 min"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A merchant with rules of its own, and the token of its administrator, who may sell."""

    gateway: Gateway
    slug: str
    username: str
    token: str

    def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """As its administrator."""
        told = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self.gateway.request(method, path, body, headers=told)

    def sell(self, sale: object) -> Reply:
        """Submit a sale."""
        return self.request("POST", "/api/cashbacks", sale)


def open_shop(gateway: Gateway, **rules: object) -> Shop:
    """A new merchant, laid down over HTTP: A earns 5 %, B 1 %, and X is excluded."""
    slug = f"till-{next(_numbers)}"
    platform = sign_in_people(gateway).headers(1, "platform")
    made = gateway.request(
        "POST", "/api/merchants", {"slug": slug, "name": slug, **rules}, headers=platform
    )
    assert made.status == 201, made.body
    (row,) = gateway.rows("select merchant_id from merchants where slug = %s", slug)
    (hashed,) = gateway.rows("select password_hash from users where username = 'platform'")
    add_user(gateway.dsn, slug, merchant_id=row[0], role="admin", password_hash=hashed[0])
    body = {"username": slug, "password": PASSWORD}
    reply = gateway.request("POST", "/api/token", body, authorised=False)
    shop = Shop(gateway=gateway, slug=slug, username=slug, token=reply.json["access"])
    for new in (*TYPES, EXCLUDED):
        assert shop.request("POST", "/api/product-types", new).status == 201
    return shop


def till_cases() -> list[dict[str, Any]]:
    """Every case of the file."""
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


def printed(do: Mapping[str, Any], now: datetime | None = None) -> dict[str, Any]:
    """The sale of a case: a plain one, but for what the case says."""
    now = now or datetime.now(UTC)
    ahead = do.get("sold_at") == AN_HOUR_AHEAD
    sold_at = now + timedelta(hours=1) if ahead else now
    plain = {
        "customer": {"document": fresh_cpf(), "name": "JOSE DA SILVA"},
        "total": "100.00",
        "products": [{"type": "A", "value": "100.00", "qty": 1}],
    }
    return {**plain, **do, "sold_at": format_instant(sold_at)}


def told(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer without what is of this one alone, of whatever clock and customer."""
    kept = {name: value for name, value in answer.items() if name not in EACH_TIME}
    if isinstance(kept.get("provider"), dict):
        kept["provider"] = {**kept["provider"], "created_at": None}
    customer = kept.get("customer")
    if customer is not None and customer["document_type"] == "cpf":
        kept["customer"] = {**customer, "document": "a CPF"}
    if "errors" in kept:
        kept["errors"] = [_without_instants(error) for error in kept["errors"]]
    return kept


def _without_instants(error: Mapping[str, Any]) -> dict[str, Any]:
    if error["code"] != "sold_at_future":
        return dict(error)
    return {"pointer": error["pointer"], "code": error["code"]}
