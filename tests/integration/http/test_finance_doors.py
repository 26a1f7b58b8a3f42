"""What finance asks over HTTP, of a running gateway, by every role and in every odd way: no 500.

Against the database's own roles and rights, which no fake has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import psycopg
import pytest

from adapters.credentials.password_hashes import hash_password
from contract.builders import a_cpf
from fakes.api import SALE
from integration.administering import PASSWORD, add_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integration.running import Gateway, Reply

ROLES: Final = {
    "fin-erp": ("erp", 1), "fin-analyst": ("analyst", 1), "fin-operator": ("operator", 1),
    "fin-admin": ("admin", 1), "fin-platform": ("platform", None),
}  # fmt: skip
READ: Final = (
    "/api/figures", "/api/balances", "/api/reconciliations", "/api/closes", "/api/provider-ledger",
    "/api/cases", "/api/differences", "/api/incidents", "/api/files", "/api/day-files",
    "/api/statements", "/.well-known/close-keys.json",
)  # fmt: skip
NAMES: Final = (
    "from", "to", "by", "type", "store", "client", "status", "at", "day", "assigned_to", "state",
    "kind", "class", "limit", "cursor", "profile", "name", "count", "sum", "complete_through",
)  # fmt: skip
ODD: Final = (
    "", "DAY", "day,day", "0001-01-01", "9999-12-31", "1998-12-31", "2200-01-01", "2026-02-30",
    "2026-W01-1", "0001-01-01T00:00:00-23:59", "9999-12-31T23:59:59Z", "\x00", "\ud7ff\u202e",
    "'; --", "9" * 30, "-1", "é" * 70,
)  # fmt: skip
DAY: Final = "2026-01-02"


@pytest.fixture(scope="module")
def callers(gateway: Gateway) -> Mapping[str, str]:
    """An access token of each role."""
    hashed = hash_password(PASSWORD)
    tokens: dict[str, str] = {}
    for name, (role, merchant_id) in ROLES.items():
        add_user(gateway.dsn, name, role=role, merchant_id=merchant_id, password_hash=hashed)
        body = {"username": name, "password": PASSWORD}
        tokens[name] = gateway.request("POST", "/api/token", body, authorised=False).json["access"]
    return tokens


def ask(
    gateway: Gateway, token: str, method: str, path: str, body: object = None, **more: str
) -> Reply:
    headers = {"Authorization": f"Bearer {token}", **more}
    return gateway.request(method, path, body, headers=headers)


@pytest.mark.parametrize("who", ROLES)
def test_whatever_is_asked_it_is_answered(
    gateway: Gateway, callers: Mapping[str, str], who: str
) -> None:
    token, faults = callers[who], list[tuple[str, int]]()
    places = [*READ, "/api/closes/2026-01-01", "/api/closes/9999-12-31/lines", "/api/closes/x"]
    for path in places:
        accepts = ("application/json", "text/html") if path == "/api/figures" else ("*/*",)
        asked = [path]
        if path in READ:
            asked += [f"{path}?{name}={quote(odd)}" for name in ("from", "by") for odd in ODD]
        faults += [
            (one, status)
            for one in asked
            for accept in accepts
            if (status := ask(gateway, token, "GET", one, Accept=accept).status) >= 500
        ]
    query = "&".join(f"{name}=9999-12-31" for name in NAMES)
    for path in READ:
        status = ask(gateway, token, "GET", f"{path}?{query}").status
        faults += [(path, status)] if status >= 500 else []
    assert not faults


BODIES: Final[tuple[tuple[str, Any], ...]] = (
    ("/api/figures/reprice", {"from": DAY, "to": DAY, "rates": {"A": 450}}),
    *(
        ("/api/figures/reprice", {"from": day, "to": day, "rates": {"A": 450}})
        for day in ("9999-12-31", "0001-01-01", "1998-12-31", "2026-02-30")
    ),
    *(("/api/reconciliations", {"day": day}) for day in (DAY, "9999-12-31", "0001-01-01")),
    ("/api/cashbacks/resolve-many", {"lines": []}),
    *((path, {}) for path in ("/api/figures/reprice", "/api/reconciliations", "/api/statements")),
    *((path, []) for path in ("/api/day-files", "/api/cashbacks/resolve-many")),
    *(
        (f"/api/day-files?day={day}", {"sale_id": "1"})
        for day in ("9999-12-31", "0001-01-01", "1999-12-31")
    ),
)


@pytest.mark.parametrize("who", ROLES)
def test_whatever_is_sent_it_is_answered(
    gateway: Gateway, callers: Mapping[str, str], who: str
) -> None:
    token = callers[who]
    told = [(path, body, ask(gateway, token, "POST", path, body)) for path, body in BODIES]
    assert [(path, body, one.body) for path, body, one in told if one.status >= 500] == []
    if who == "fin-operator":
        days = [one.status for path, _, one in told if path.startswith("/api/day-files?")]
        assert days == [422] * 3, "no file of a day that nobody means"


@pytest.mark.parametrize("who", ["fin-operator", "fin-admin"])
def test_a_day_is_held_against_a_ledger_that_tells_of_it(
    gateway: Gateway, callers: Mapping[str, str], who: str
) -> None:
    """As the role that serves, which reads a merchant's own lines of the ledger."""
    name = f"NF-{who}"
    sale = {
        **SALE, "sale_id": name, "sold_at": f"{DAY}T15:00:00Z",
        "customer": {"document": str(a_cpf()), "name": "Ana Souza"},
    }  # fmt: skip
    made = gateway.submit(sale)
    assert made.status == 201, made.body
    with psycopg.connect(gateway.dsn) as owner:
        owner.execute(
            "insert into provider_lines (line_key, nth, centavos, credited_at, class, merchant_id,"
            " cashback_id) values (gen_random_uuid(), 0, 500, now(), 'matched', 1, %s)",
            [made.json["id"]],
        )
    line = f'{{"sale_id": "{name}", "total": "100.00"}}\n'.encode()
    path, form = f"/api/day-files?day={DAY}&name={name}", {"Content-Type": "application/jsonl"}
    kept = ask(gateway, callers[who], "POST", path, line, **form)
    assert kept.status == 201, kept.body
    told = ask(gateway, callers[who], "POST", "/api/reconciliations", {"day": DAY})
    assert told.status == 200, told.body
    assert told.json["source"] == "ledger"
    assert sum(one["credits"] for one in told.json["totals"]) >= 1
