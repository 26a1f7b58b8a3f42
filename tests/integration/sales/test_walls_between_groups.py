"""What compares with stored data tells of it only to whom it may be read by, role by role."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest

from adapters.http.access import ACCESS
from adapters.http.problems.codes import PROBLEMS
from adapters.http.sales.shapes import Means
from cashback_core.values.documents import cpf_check_digits
from integration.journeys import sale
from integration.people import sign_in_people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from integration.people import People
    from integration.running import Gateway, Reply

OWN: Final = frozenset({"owner", "mate", "operator", "admin"})
"""Who may both submit a sale and GET what the owner sent."""

READERS: Final = OWN | {"analyst"}
STRANGERS: Final = frozenset({"stranger", "erp user"})
"""Shop's systems of the same merchant, of other groups."""

EVERYBODY: Final = READERS | STRANGERS | {"platform", "elsewhere"}
_numbers = itertools.count(1)

TELLS_NOTHING_RECORDED: Final = {
    # What a request is or is not, whatever is recorded.
    "bad_request", "body_incomplete", "not_json", "idempotency_key_format", "method_not_allowed",
    "request_timeout", "body_too_large", "uri_too_long", "unsupported_media_type", "invalid_sale",
    "invalid_request", "invalid_query", "head_too_large", "internal_error", "bad_gateway",
    "overloaded", "unavailable", "gateway_timeout", "too_many_requests", "precondition_required",
    # Who asks.
    "unauthenticated", "invalid_token", "bad_credentials", "forbidden", "log_in_throttled",
    "rate_exceeded", "too_many_logins",
    # Compares, with what those alone may ask who read all of it (test_owasp_api_top_10 walks them).
    "precondition_failed", "in_use", "incident_closed", "explanation_unfit", "names_a_cashback",
    "case_resolved", "case_assigned", "plan_changed",
    "risk_not_accepted", "act_not_allowed", "not_credited_there", "own_mark", "no_mark",
    "count_changed", "too_many_at_once", "customer_has_open_cashbacks", "file_elsewhere",
    "file_refused",
    # Of a sale that whoever asks may read; of any other they are told not_found ("confirmed").
    "confirmation_expired",
}  # fmt: skip


def a_cpf() -> str:
    """One whose digits stand nowhere else by chance."""
    stem = str(735_916_284 + 1_003 * next(_numbers))
    return stem + cpf_check_digits(stem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A sale that the owner sent, and what of it a stranger could learn."""

    body: Mapping[str, Any]
    key: str
    id: str
    other_document: str = field(default_factory=a_cpf)

    @property
    def invented(self) -> dict[str, Any]:
        """A sale of which nothing is true."""
        line = {"type": "B", "value": "7.77", "qty": 1}
        customer = {"document": self.other_document, "name": "ANA LIMA"}
        return {**sale(), "customer": customer, "total": "7.77", "products": [line]}

    @property
    def marks(self) -> set[str]:
        """What is recorded, as it could stand in an answer."""
        document, name = self.body["customer"]["document"], self.body["customer"]["name"]
        digits = {f"{document[3:6]}.{document[6:9]}", document, document[3:9]}
        return digits | {self.id, name, self.body["total"], self.key, self.body["sale_id"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An answer that compares: how it is asked for, its code, and to whom it tells what."""

    ask: Callable[[Gateway, Secret, dict[str, str]], Reply]
    code: str
    status: int
    tells: frozenset[str]
    bare: frozenset[str] = STRANGERS
    elsewhere: int
    """Another merchant has no such sale."""

    shows: str | None = None
    """What whoever is told finds in the answer."""


def submit(body: Mapping[str, Any], key: str | None) -> Callable[[Gateway, dict[str, str]], Reply]:
    named = {} if key is None else {"Idempotency-Key": key}

    def ask(gateway: Gateway, who: dict[str, str]) -> Reply:
        headers = {**who, **named, "Prefer": "respond-async"}
        return gateway.request("POST", "/api/cashbacks", body, headers=headers)

    return ask


def quote(body: Mapping[str, Any], key: str | None) -> Callable[[Gateway, dict[str, str]], Reply]:
    named = {} if key is None else {"Idempotency-Key": key}

    def ask(gateway: Gateway, who: dict[str, str]) -> Reply:
        return gateway.request("POST", "/api/cashbacks/quote", body, headers={**who, **named})

    return ask


def in_a_batch(body: Mapping[str, Any]) -> Callable[[Gateway, dict[str, str]], Reply]:
    """Asks with one sale, and answers what is told of it, in the place of the batch's answer."""

    def ask(gateway: Gateway, who: dict[str, str]) -> Reply:
        reply = gateway.request("POST", "/api/cashbacks/batch", {"sales": [body]}, headers=who)
        if reply.status != 200:
            return reply
        (result,) = reply.json["results"]
        headers = {"location": result.get("location", "")}
        body_of_one = json.dumps(result["body"]).encode()
        return replace(reply, status=result["status"], headers=headers, body=body_of_one)

    return ask


def sold_again(secret: Secret, **changes: Any) -> dict[str, Any]:
    return {**secret.body, **changes}


def nameless(secret: Secret) -> dict[str, Any]:
    return {name: value for name, value in secret.body.items() if name != "sale_id"}


def misnamed(secret: Secret) -> dict[str, Any]:
    customer = {"document": secret.body["customer"]["document"], "name": "PEDRO ALVARES"}
    return {**secret.invented, "customer": customer}


ROWS: Final = {
    "sale_id_conflict": Row(
        ask=lambda g, s, w: submit({**s.invented, "sale_id": s.body["sale_id"]}, None)(g, w),
        code="sale_id_conflict", status=409, tells=OWN, elsewhere=202, shows='"total"',
    ),
    "idempotency_key_reused": Row(
        ask=lambda g, s, w: submit(s.invented, s.key)(g, w),
        code="idempotency_key_reused", status=422, tells=OWN, elsewhere=202, shows='"total"',
    ),
    "replay": Row(
        ask=lambda g, s, w: submit(s.body, None)(g, w),
        code="sale_id_conflict", status=409, tells=OWN, elsewhere=202, shows='"id"',
    ),
    "replay_by_key": Row(
        ask=lambda g, s, w: submit(s.body, s.key)(g, w),
        code="idempotency_key_reused", status=422, tells=OWN, elsewhere=202, shows='"id"',
    ),
    "sale_already_recorded": Row(
        ask=lambda g, s, w: submit(nameless(s), None)(g, w),
        code="sale_already_recorded", status=409, tells=OWN, elsewhere=202, shows='"id"',
    ),
    "in_a_batch": Row(
        ask=lambda g, s, w: in_a_batch(s.body)(g, w),
        code="sale_id_conflict", status=409, tells=OWN, elsewhere=202, shows='"id"',
    ),
    "customer_name_mismatch": Row(
        # One bit, for whoever sells to them: their name is told to nobody here.
        ask=lambda g, s, w: submit(misnamed(s), None)(g, w),
        code="customer_name_mismatch", status=422, tells=frozenset(), bare=OWN | STRANGERS,
        elsewhere=202,
    ),
    "already_exists": Row(
        ask=lambda g, s, w: g.request("POST", "/api/customers", s.body["customer"], headers=w),
        code="already_exists", status=409, tells=frozenset(),
        bare=frozenset({"operator", "admin"}), elsewhere=403,
    ),
    "not_found": Row(
        ask=lambda g, s, w: g.request("GET", f"/api/cashbacks/{s.id}", headers=w),
        code="not_found", status=404, tells=READERS, elsewhere=404, shows='"id"',
    ),
    "confirmed": Row(
        ask=lambda g, s, w: g.request("POST", f"/api/cashbacks/{s.id}/confirm", headers=w),
        code="not_found", status=404, tells=OWN, elsewhere=404, shows='"id"',
    ),
}  # fmt: skip
"""By the problem's code, or by what is asked for; what is submitted is by everybody's own way."""

QUOTES: Final[dict[str, tuple[Callable[[Secret], dict[str, Any]], str | None]]] = {
    "new": (lambda s: sold_again(s, sale_id=f"NF-Q-{next(_numbers)}"), None),
    "repeat": (lambda s: dict(s.body), None),
    "sale_id_conflict": (lambda s: {**s.invented, "sale_id": s.body["sale_id"]}, None),
    "idempotency_key_reused": (lambda s: s.invented, "key"),
    "sale_already_recorded": (nameless, None),
}
"""By what a quote says that the sale would be, to whoever may read what it is compared with."""

TO_STRANGERS: Final = {"repeat": "sale_id_conflict", "sale_already_recorded": "new"}
"""What a quote says to the others, where that is something else."""

COMPARING_OPERATIONS: Final = {
    ("post", "/api/cashbacks"), ("post", "/api/cashback"), ("post", "/api/cashbacks/quote"),
    ("get", "/api/cashbacks"), ("get", "/api/cashbacks/{id}"), ("get", "/api/cashbacks/equals"),
    ("post", "/api/cashbacks/{id}/confirm"), ("post", "/api/cashbacks/batch"),
    ("post", "/api/customers"), ("get", "/api/customers"),
}  # fmt: skip
"""What a row or a test here walks: whatever a shop's system may call, or compares by sales."""


@dataclass(frozen=True, slots=True)
class Walkers:
    """The header of everybody who walks, by what they are to the owner's sales."""

    headers: Mapping[str, dict[str, str]]
    ids: Mapping[str, str]


def client_token(gateway: Gateway, client_id: str, secret: str) -> dict[str, str]:
    body = {"client_id": client_id, "client_secret": secret}
    reply = gateway.request("POST", "/api/token", body, authorised=False)
    assert reply.status == 200, reply.body
    return {"Authorization": f"Bearer {reply.json['access']}"}


def add_client(
    gateway: Gateway, admin: dict[str, str], **more: object
) -> tuple[str, dict[str, str]]:
    """The id of a new client and its header."""
    body = {"name": f"Shop {next(_numbers)}", **more}
    made = gateway.request("POST", "/api/clients", body, headers=admin)
    assert made.status == 201, made.body
    client_id = str(made.json["client"]["id"])
    return client_id, client_token(gateway, client_id, made.json["secret"])


@pytest.fixture(scope="module")
def people(gateway: Gateway) -> People:
    return sign_in_people(gateway)


@pytest.fixture(scope="module")
def walkers(gateway: Gateway, people: People) -> Walkers:
    admin = people.headers(1, "admin")
    owner, owners = add_client(gateway, admin)
    mate, mates = add_client(gateway, admin, group=owner)
    stranger, strangers = add_client(gateway, admin)
    headers = {
        "owner": owners,
        "mate": mates,
        "stranger": strangers,
        "erp user": people.headers(1, "erp"),
        "analyst": people.headers(1, "analyst"),
        "operator": people.headers(1, "operator"),
        "admin": admin,
        "platform": people.headers(1, "platform"),
        "elsewhere": people.headers(2, "erp"),
    }
    assert headers.keys() == EVERYBODY
    return Walkers(headers, {"owner": owner, "mate": mate, "stranger": stranger})


def a_secret(gateway: Gateway, walkers: Walkers) -> Secret:
    number = next(_numbers)
    line = {"type": "A", "value": f"{3000 + number}.13", "qty": 1}
    body = {
        **sale(),
        "sale_id": f"NF-OWNERS-{number}",
        "customer": {"document": a_cpf(), "name": "ZULEICA QUIRINO"},
        "total": line["value"],
        "products": [line],
    }
    key = f"owners-{number}"
    reply = submit(body, key)(gateway, walkers.headers["owner"])
    assert reply.status in {201, 202}, reply.body
    return Secret(body=body, key=key, id=str(reply.json["id"]))


def told(reply: Reply) -> str:
    return f"{reply.body.decode()} {reply.headers.get('location', '')}"


def test_every_answer_that_compares_is_walked() -> None:
    assert {row.code for row in ROWS.values()} | TELLS_NOTHING_RECORDED == set(PROBLEMS)
    assert set(QUOTES) == set(get_args(Means))
    sellers = {op for op, roles in ACCESS.items() if "erp" in roles and "cashback" in op[1]}
    assert sellers <= COMPARING_OPERATIONS


@pytest.mark.parametrize("name", ROWS)
def test_what_is_recorded_is_told_to_whoever_may_read_it_and_to_nobody_else(
    gateway: Gateway, walkers: Walkers, name: str
) -> None:
    row = ROWS[name]
    for who, headers in walkers.headers.items():
        secret = a_secret(gateway, walkers)
        reply = row.ask(gateway, secret, headers)
        text = told(reply)
        if who in row.tells:
            assert row.shows is not None
            assert secret.id in text or secret.body["total"] in text, (who, text)
        elif who in row.bare:
            assert (reply.status, reply.json["code"]) == (row.status, row.code), (who, text)
            assert "record" not in reply.json
            assert [e for e in reply.json["errors"] if e.get("expected") in secret.marks] == []
            assert {m for m in secret.marks if m in text} == set(), (who, text)
        else:
            assert reply.status == (row.elsewhere if who == "elsewhere" else 403), (who, text)
            assert secret.id not in text
        for error in reply.json.get("errors", []):
            if "document" in error["pointer"]:
                seen = f"{error['received']}{error['expected']}"
                assert re.search("[0-9]", seen) is None, "no digit of a CPF in any difference"


@pytest.mark.parametrize("means", QUOTES)
def test_a_quote_tells_of_what_is_recorded_to_whoever_may_read_it(
    gateway: Gateway, walkers: Walkers, means: str
) -> None:
    body_of, key = QUOTES[means]
    secret = a_secret(gateway, walkers)
    body = body_of(secret)
    for who, headers in walkers.headers.items():
        reply = quote(body, None if key is None else secret.key)(gateway, headers)
        if who == "platform":
            assert reply.status == 403
            continue
        assert reply.status == 200, (who, reply.body)
        answer, text = reply.json, told(reply)
        may_read = who in READERS
        expected = means if may_read else TO_STRANGERS.get(means, means)
        assert answer["means"] == ("new" if who == "elsewhere" else expected), who
        if not may_read:
            assert (answer["record_id"], answer["differences"]) == (None, []), who
            assert secret.id not in text
        elif means in {"sale_id_conflict", "idempotency_key_reused"}:
            assert {"/total", "/customer/document"} <= {d["pointer"] for d in answer["differences"]}
            (document,) = (d for d in answer["differences"] if "document" in d["pointer"])
            assert re.search("[0-9]", f"{document['recorded']}{document['received']}") is None
        else:
            assert answer["record_id"] == secret.id, who


@pytest.mark.parametrize("name", ["ZULEICA Q", "ZULEICA R", "ZULEICA QUIRINO", "PEDRO"])
def test_a_quote_tells_whose_own_customer_it_is_whether_a_name_fits(
    gateway: Gateway, walkers: Walkers, name: str
) -> None:
    secret = a_secret(gateway, walkers)
    body = secret.invented
    body["customer"] = {"document": secret.body["customer"]["document"], "name": name}
    fits = name in {"ZULEICA Q", "ZULEICA QUIRINO"}
    for who, headers in walkers.headers.items():
        if who == "platform":
            continue
        reply = quote(body, None)(gateway, headers)
        if who in READERS and not fits:
            assert reply.json["code"] == "customer_name_mismatch", who
        else:
            assert (reply.status, reply.json["means"]) == (200, "new"), (who, reply.body)
            assert reply.json["name_differs"] is False


def test_a_sale_of_equal_content_is_named_to_whoever_may_read_it(
    gateway: Gateway, walkers: Walkers
) -> None:
    secret = a_secret(gateway, walkers)
    for who in OWN | STRANGERS:
        headers = walkers.headers[who]
        body = sold_again(secret, sale_id=f"NF-AGAIN-{next(_numbers)}")
        made = submit(body, None)(gateway, headers)
        assert made.status == 202, made.body
        again = submit(body, None)(gateway, headers)
        read = gateway.request("GET", f"/api/cashbacks/{made.json['id']}", headers=headers)
        whole = gateway.request("GET", "/api/cashbacks?limit=1", headers=headers)
        for seen in (made.json, again.json, read.json, whole.json["items"][0]):
            assert seen["same_content_as"] == (secret.id if who in OWN else None), who
        everything = gateway.request(
            "GET", f"/api/cashbacks/{made.json['id']}", headers=walkers.headers["operator"]
        )
        assert everything.json["same_content_as"] == secret.id


def test_lists_hold_what_may_be_read(gateway: Gateway, walkers: Walkers) -> None:
    secret = a_secret(gateway, walkers)
    document = secret.body["customer"]["document"]
    for who, headers in walkers.headers.items():
        reply = gateway.request("GET", f"/api/cashbacks?document={document}", headers=headers)
        if who == "platform":
            assert reply.status == 403
            continue
        found = [item["id"] for item in reply.json["items"]]
        assert found == ([secret.id] if who in READERS else []), who
        customers = gateway.request("GET", f"/api/customers?document={document}", headers=headers)
        allowed = who in {"analyst", "operator", "admin"}
        assert customers.status == (200 if allowed else 403), who


def test_operators_see_a_collision_with_both_tries(gateway: Gateway, walkers: Walkers) -> None:
    secret = a_secret(gateway, walkers)
    body = {**secret.invented, "sale_id": secret.body["sale_id"]}
    assert submit(body, "strangers-key")(gateway, walkers.headers["stranger"]).status == 409
    for who, headers in walkers.headers.items():
        reply = gateway.request("GET", "/api/cashbacks/equals?outcome=collided", headers=headers)
        if who not in {"operator", "analyst", "admin"}:
            assert reply.status == 403, who
            continue
        pair = next(p for p in reply.json["items"] if p["first"]["id"] == secret.id)
        assert pair["first"]["submitted_by"] == f"client:{walkers.ids['owner']}"
        assert pair["second"]["submitted_by"] == f"client:{walkers.ids['stranger']}"
        assert pair["second"]["idempotency_key"] == "strangers-key"
        assert pair["second"]["id"] is None


def test_a_successor_in_the_same_group_reads_and_repeats_what_its_predecessor_sent(
    gateway: Gateway, people: People
) -> None:
    admin = people.headers(1, "admin")
    old, olds = add_client(gateway, admin)
    walkers = Walkers({"owner": olds}, {})
    secret = a_secret(gateway, walkers)
    gone = gateway.request("DELETE", f"/api/clients/{old}", headers={**admin, "If-Match": "*"})
    assert gone.status == 204
    _, outside = add_client(gateway, admin)
    _, inside = add_client(gateway, admin, group=old)

    def seen(headers: dict[str, str]) -> tuple[int, int]:
        read = gateway.request("GET", f"/api/cashbacks/{secret.id}", headers=headers)
        again = submit(secret.body, None)(gateway, headers)
        if again.status in {201, 202}:
            assert again.json["id"] == secret.id
        return read.status, again.status

    assert seen(outside) == (404, 409)
    assert seen(inside) in {(200, 201), (200, 202)}


def test_a_change_of_groups_counts_at_once_for_reading_and_moves_nothing(
    gateway: Gateway, people: People
) -> None:
    """What a client sent under a group stays there when it leaves."""
    admin = people.headers(1, "admin")
    first, _ = add_client(gateway, admin)
    client, _ = add_client(gateway, admin, group=first)
    secret_of = gateway.request(
        "POST", f"/api/clients/{client}/secrets", {"overlap_s": 0}, headers=admin
    ).json["secret"]
    inside = client_token(gateway, client, secret_of)
    secret = a_secret(gateway, Walkers({"owner": inside}, {}))
    patch = {**admin, "If-Match": "*", "Content-Type": "application/merge-patch+json"}
    moved = gateway.request("PATCH", f"/api/clients/{client}", {"group": None}, headers=patch)
    assert (moved.status, moved.json["group"]) == (200, client)
    fresh = client_token(gateway, client, secret_of)  # another token: nobody has looked at it yet
    read = gateway.request("GET", f"/api/cashbacks/{secret.id}", headers=fresh)
    assert read.status == 404
    assert submit(secret.body, None)(gateway, fresh).status == 409
    trail = gateway.request("GET", f"/api/audit?resource=clients&key={client}", headers=admin).json[
        "items"
    ]
    assert any(
        (line["before"], line["after"]) == ({"group_id": first}, {"group_id": None})
        for line in trail
    )
    for wrong in ("cli_0000000000000000000000", "mine", 7):
        reply = gateway.request("PATCH", f"/api/clients/{client}", {"group": wrong}, headers=patch)
        assert reply.status == 422, reply.body
        assert [e["pointer"] for e in reply.json["errors"]] == ["/group"]
