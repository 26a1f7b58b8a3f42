"""What the running service answers, for the examples of the OpenAPI document.

Every answer is asked for here; what is different each time (ids, instants, secrets) is shown as one
and the same, so that the document changes only when an answer does.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from adapters.http.problem_table import problem_of
from adapters.http.problems.problem import answer_problem
from cashback_core.operators.open_cashbacks import MAX_AT_ONCE, Tally, TooMany
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import StatementIncident
from cashback_core.values.ids import new_id
from cashback_core.webhooks.endpoints import ResendCountChanged
from cashback_core.words.locales import ENGLISH
from integration.journeys import fresh_cpf, sale_of_now, wait_for
from integration.kept_day_files import keep_day_file
from integration.kept_incidents import keep
from integration.real_finance import (
    ask_of_closes,
    ask_of_differences,
    ask_of_figures,
)
from integration.running import PASSWORD, Gateway, send

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from integration.running import Reply

ALIKE: Final = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
     "01977a3c-5b1e-7c4d-9e2f-3a6b8c0d1e2f"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z", "2026-01-02T03:00:00Z"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00", "2026-01-02T03:00:00+00:00"),
    (r"\*{3}\.\d{3}\.\d{3}-\*{2}", "***.982.247-**"),
    (r"eyJ[\w.-]+", "eyJ…"),
    (r"cli_[\w-]{22}", "cli_Zk3vQ8mT1xY5bN7cR2wE9h"),
    (r"(?<![0-9a-f]{21})[\w-]{43}(?=\")", "Qm9hIHNvcnRlLCBlIGF0w6kgYSBwcsOzeGltYSB2ZXo"),
    (r"(?<=\"elapsed_s\": )[0-9.e-]+", "0.042"),
    (r"(?<=\"0\.5\": )[0-9.e-]+|(?<=\"0\.9[59]\": )[0-9.e-]+", "0.042"),
    (r"(?<=\"line\": )[0-9]+", "12"),
    (r"(?<=\"number\": )[0-9]+(?=, \"at\")", "4711"),
    (r"(?<=\"token\": \")[0-9a-f]{32}(?=\")", "8f14e45fceea167a5a36dedd4bea2543"),
    (r"(?<=\"token\": \")[0-9a-f]{8}(?=\")", "3fa1c2d0"),
    (r"(?<=\"request_id\": \")[0-9a-f]{16}", "9c1d5e7f2a3b4c6d"),
)  # fmt: skip
"""What differs each time, and how it is shown."""


@dataclass(slots=True, kw_only=True)
class Asking:
    """Asks, and keeps what is answered."""

    gateway: Gateway
    headers: Callable[[str], Mapping[str, str]]
    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    problems: dict[str, Any] = field(default_factory=dict[str, Any])
    shown: dict[str, str] = field(default_factory=dict[str, str])

    def ask(self, role: str, method: str, path: str, body: object = None, **more: str) -> Reply:
        """As somebody of that role."""
        named = {name.replace("_", "-"): value for name, value in more.items()}
        headers = {**self.headers(role), **named}
        return self.gateway.request(method, path, body, headers=headers, authorised=False)

    def fresh(self, told: str) -> str:
        """A CPF that nobody has, shown as that one."""
        cpf = fresh_cpf()
        self.shown[cpf] = told
        return cpf

    def answer(self, schema: str, value: object) -> None:
        """Keep the answer of a schema."""
        self.answers[schema] = self._alike(value)

    def problem(self, reply: Reply) -> None:
        """Keep a problem under its code."""
        self.problem_body(reply.body)

    def problem_body(self, body: bytes) -> None:
        """The same, of its bytes."""
        told = json.loads(body)
        self.problems[told["code"]] = self._alike(told)

    def _alike(self, value: object) -> Any:
        text = json.dumps(value, ensure_ascii=False)
        for told, shown in self.shown.items():
            text = text.replace(told, shown)
        for pattern, shown in ALIKE:
            text = re.sub(pattern, shown, text)
        return json.loads(text)


def real_answers(
    gateway: Gateway,
    headers: Callable[[str], Mapping[str, str]],
    quiet: Callable[[str], Mapping[str, str]],
) -> dict[str, Any]:
    """Answers by their schema and problems by their code; `headers` are those of a role.

    `quiet` are those of a merchant that sells nothing but what is sold here.
    """
    asking = Asking(gateway=gateway, headers=headers)
    _ask_for_tokens(asking)
    _ask_of_sales(asking)
    _ask_of_names(asking)
    _ask_of_open_ones(asking)
    _ask_of_incidents(asking)
    _ask_of_files(asking)
    _ask_of_cases(asking)
    _ask_of_days(asking)
    _ask_of_administered(asking)
    _ask_wrongly(asking)
    quietly = replace(asking, headers=quiet)
    ask_of_figures(quietly)
    ask_of_closes(quietly)
    ask_of_differences(asking)
    return {
        "answers": dict(sorted(asking.answers.items())),
        "problems": dict(sorted(asking.problems.items())),
    }


def _ask_for_tokens(asking: Asking) -> None:
    tokens = asking.gateway.request(
        "POST", "/api/token", {"username": "demo", "password": PASSWORD}, authorised=False
    ).json
    asking.answer("TokenPair", tokens)
    verified = asking.ask("erp", "POST", "/api/token/verify", {"token": tokens["access"]})
    asking.answer("Verified", verified.json)
    asking.answer("TokenKeys", asking.ask("erp", "GET", "/.well-known/jwks.json").json)
    for name, path in (("Health", "/health/live"), ("Readiness", "/health/ready")):
        asking.answer(name, asking.ask("erp", "GET", path).json)


def _ask_of_sales(asking: Asking) -> None:
    number = f"nf-{new_id()}"
    asking.shown[number] = "nf-4711"
    told = sale_of_now(asking.fresh("52998224725"), sale_id=number)
    begun = asking.ask("erp", "GET", "/api/changes?after=now").json["next_cursor"]
    asking.answer("Quote", asking.ask("erp", "POST", "/api/cashbacks/quote", told).json)
    recorded = asking.ask("erp", "POST", "/api/cashbacks", told)
    assert recorded.status == 201, recorded.body
    id_ = recorded.json["id"]
    asking.answer("RecordedSale", recorded.json)
    asking.answer("SaleHistory", asking.ask("erp", "GET", f"/api/cashbacks/{id_}").json)
    asking.answer("Change", _change(asking, begun, f"{id_}.3"))
    dearer = {**told, "discount": "1.00", "total": "99.00"}
    batch = asking.ask("erp", "POST", "/api/cashbacks/batch", {"sales": [told]})
    asking.answer("BatchAnswer", batch.json)
    asking.problem(asking.ask("erp", "POST", "/api/cashbacks", dearer))
    beside = {**told, "sale_id": f"{number}-b"}
    assert asking.ask("erp", "POST", "/api/cashbacks", beside).status == 201
    equals = asking.ask("operator", "GET", "/api/cashbacks/equals?limit=1").json
    asking.answer("EqualSales", equals["items"][0])
    cancel = f"/api/cashbacks/{id_}/cancel"
    reason = {"reason": "the customer returned the goods"}
    asking.problem(asking.ask("operator", "POST", cancel, reason))
    asking.problem(asking.ask("erp", "POST", cancel, reason))
    asking.problem(asking.ask("operator", "POST", cancel, {"reasons": "none"}))


def _change(asking: Asking, cursor: str, id_: str) -> Any:
    """The change of that id, among whatever else happens after a cursor."""
    while True:
        page = asking.ask("erp", "GET", f"/api/changes?wait=20&after={quote(cursor)}").json
        cursor = page["next_cursor"]
        assert page["items"], "nothing came"
        for item in page["items"]:
            if item["id"] == id_:
                return item


def _ask_of_names(asking: Asking) -> None:
    told = sale_of_now(asking.fresh("52998224725"))
    key = f"key-{new_id()}"
    keyed = asking.ask("erp", "POST", "/api/cashbacks", told, Idempotency_Key=key)
    assert keyed.status == 201, keyed.body
    dearer = {**told, "discount": "1.00", "total": "99.00"}
    asking.problem(asking.ask("erp", "POST", "/api/cashbacks", dearer, Idempotency_Key=key))
    asking.problem(asking.ask("erp", "POST", "/api/cashbacks", told))
    another = {**told["customer"], "name": "MARIA DE SOUZA"}
    asking.problem(asking.ask("erp", "POST", "/api/cashbacks", {**dearer, "customer": another}))
    wrong = {
        **told,
        "customer": {"document": "52998224724", "name": "JOSE DA SILVA"},
        "total": "90.00",
    }
    asking.problem(asking.ask("erp", "POST", "/api/cashbacks", wrong))


def _ask_of_open_ones(asking: Asking) -> None:
    document = asking.fresh("52998224725")
    for behaviour in ("refused_422", "error_500_applied"):
        asking.gateway.misbehave(document=document, behaviour=behaviour, times=1)
        number = f"nf-{new_id()}"
        asking.shown[number] = "nf-4711"
        recorded = asking.ask(
            "erp", "POST", "/api/cashbacks", sale_of_now(document, sale_id=number)
        )
        assert recorded.status == 202, recorded.body
    listed = f"/api/cashbacks/open?document={document}"
    in_doubt = asking.ask("operator", "GET", f"{listed}&status=in_doubt").json["items"][0]
    asking.answer("OpenCashback", in_doubt)
    resend = f"/api/cashbacks/{in_doubt['id']}/resend"
    asking.problem(asking.ask("operator", "POST", resend, {"reason": "the outage is over"}))
    many = {"document": document, "status": ["rejected"]}
    asking.answer("ResendTally", asking.ask("operator", "POST", "/api/cashbacks/resend", many).json)
    sure = {**many, "reason": "their outage is over", "dry_run": False, "token": "of yesterday"}
    asking.problem(asking.ask("operator", "POST", "/api/cashbacks/resend", sure))
    asking.problem_body(answer_problem(problem_of(ResendCountChanged(count=1)), ENGLISH).body)
    tally = Tally(count=MAX_AT_ONCE + 1, cashback_centavos=140, in_doubt=0, above_ceiling=0)
    asking.problem_body(answer_problem(problem_of(TooMany(tally)), ENGLISH).body)
    asking.problem_body(answer_problem(problem_of(RuntimeError("a fault")), ENGLISH).body)
    customers = asking.ask("operator", "GET", f"/api/customers?document={document}").json
    person = f"/api/customers/{customers['items'][0]['id']}"
    reason = {"reason": "the customer asked for it in writing"}
    asking.problem(asking.ask("admin", "POST", f"{person}/erase", reason))


def _ask_of_incidents(asking: Asking) -> None:
    paid = asking.ask(
        "erp", "POST", "/api/cashbacks", sale_of_now(asking.fresh("52998224725"))
    ).json
    told = {"meaning": "foreign", "reason": "their own campaign, their mail of 3 June"}
    plain = f"/api/incidents/{_incident(asking.gateway, None)}/explain"
    explained = asking.ask("platform", "POST", plain, told)
    assert explained.status == 200, explained.body
    asking.answer("StatementIncident", explained.json["incident"])
    asking.problem(asking.ask("platform", "POST", plain, {**told, "meaning": "known_absent"}))
    naming = f"/api/incidents/{_incident(asking.gateway, paid['id'])}/explain"
    done = {**told, "dry_run": False}
    asking.problem(asking.ask("platform", "POST", naming, done))
    # While they stand, a refused cashback of their amount may be one of theirs.
    for path in (plain, naming):
        ended = asking.ask("platform", "POST", path, {**done, "accept_risk": True})
        assert ended.status == 200, ended.body


def _ask_of_files(asking: Asking) -> None:
    content = b"sale_id,total\nNF-4711,10.00\nNF-4712,1O.00\n"
    headers = {**asking.headers("operator"), "Content-Type": "text/csv"}
    path = "/api/day-files?day=2026-01-02&name=day.csv"
    kept = send(asking.gateway.base_url, "POST", path, content, headers)
    asking.answer("BroughtFile", kept.json)
    lines = asking.ask("operator", "GET", f"/api/files/{kept.json['id']}/lines").json
    asking.answer("UnreadableLinePage", lines)
    asking.problem(send(asking.gateway.base_url, "POST", f"{path}&count=3", content, headers))


def _ask_of_cases(asking: Asking) -> None:
    incident = _incident(asking.gateway, None)
    case = f"/api/cases/{incident}"
    given = {"assigned_to": "oscar", "note": "the provider is asked"}
    assigned = asking.ask("platform", "POST", f"{case}/assign", given)
    assert assigned.status == 200, assigned.body
    asking.answer("CaseHistory", assigned.json)
    page = asking.ask("platform", "GET", "/api/cases?assigned_to=oscar").json
    asking.answer("CasesOfOne", page["loads"][0])
    asking.problem(asking.ask("platform", "POST", f"{case}/assign", {"assigned_to": "petra"}))
    told = {"meaning": "foreign", "reason": "their own campaign", "dry_run": False}
    ended = asking.ask("platform", "POST", f"/api/incidents/{incident}/explain", told)
    assert ended.status == 200, ended.body
    document, number = asking.fresh("52998224725"), f"nf-{new_id()}"
    asking.shown[number] = "nf-4711"
    asking.gateway.misbehave(document=document, behaviour="error_500_applied", times=1)
    recorded = asking.ask("erp", "POST", "/api/cashbacks", sale_of_now(document, sale_id=number))
    assert recorded.status == 202, recorded.body
    line = {"sale_id": number, "status": "applied", "evidence": "their line 12"}
    listed = {"file": "their answer of 3 June", "lines": [line, {**line, "sale_id": "NF-1"}]}
    many = "/api/cashbacks/resolve-many"
    shown = asking.ask("operator", "POST", many, listed)
    assert shown.json["count"] == 1, shown.body
    asking.answer("ResolvedMany", shown.json)
    sure = {**listed, "dry_run": False, "token": "0" * 32}
    asking.problem(asking.ask("operator", "POST", many, sure))


def _ask_of_days(asking: Asking) -> None:
    day = (datetime.now(UTC) - timedelta(days=2)).date()
    asking.shown[day.isoformat()] = "2026-11-29"
    keep_day_file(asking.gateway.dsn, day)
    done = asking.ask("operator", "POST", "/api/reconciliations", {"day": day.isoformat()})
    assert done.status == 200, done.body
    asking.answer("ReconciledDay", done.json)


def _incident(gateway: Gateway, reference: str | None) -> str:
    """A line of a statement that is nobody's, of that reference."""
    at, id_ = datetime.now(UTC), new_id()
    told = StatementIncident(
        id=id_,
        cls=FindingClass.UNKNOWN_HERE,
        merchant=None,
        cashback_id=None,
        document=None,
        centavos=140,
        line=12,
        line_key=f"{id_.hex:0>64}",
        credited_at=at,
        reference=reference,
        why="nothing here explains it",
        opened_at=at,
        statement_at=at,
        closed_at=None,
        closed_why=None,
    )
    keep(gateway.dsn, told, None)
    return str(id_)


def _ask_of_administered(asking: Asking) -> None:
    stem = new_id().hex[-12:]
    asking.shown[stem] = "4711"
    made = {
        "ProductType": ("product-types", {"type": f"E-{stem}", "name": "Café", "rate_bp": 300}),
        "CatalogueProduct": (
            "products",
            {"sku": f"CAFE-{stem}", "name": "Café torrado 500 g", "type": f"E-{stem}"},
        ),
        "KnownCustomer": (
            "customers",
            {"document": asking.fresh("52998224725"), "name": "MARIA DE SOUZA"},
        ),
        "Stop": ("stops", {"type": f"E-{stem}", "reason": "the rate has a digit too many"}),
        "User": (
            "users",
            {"username": f"maria-{stem}", "role": "operator", "password": "quatro longas palavras"},
        ),
        "RegisteredClient": ("clients", {"name": f"ERP {stem}", "role": "erp"}),
        "Webhook": ("webhooks", {"url": f"https://erp.example.com/{stem}", "active": False}),
    }
    for schema, (collection, body) in made.items():
        reply = asking.ask("admin", "POST", f"/api/{collection}", body)
        assert reply.status == 201, reply.body
        # A secret is shown once, and beside it what it is of as it is read: that is its example.
        shown = {"clients": "client", "webhooks": "webhook"}.get(collection)
        asking.answer(schema, reply.json if shown is None else reply.json[shown])
    asking.answer("TrailLine", asking.ask("admin", "GET", "/api/audit?limit=1").json["items"][0])
    merchant = {"slug": f"rede-{stem}", "name": "Rede de Lojas"}
    asking.answer("Merchant", asking.ask("platform", "POST", "/api/merchants", merchant).json)
    rates = asking.ask("admin", "GET", f"/api/product-types/E-{stem}/rates")
    asking.answer("RateList", rates.json)
    again = {"type": f"E-{stem}", "name": "Café"}
    asking.problem(asking.ask("admin", "POST", "/api/product-types", again))
    used = f"/api/product-types/E-{stem}"
    asking.problem(asking.ask("admin", "DELETE", used, If_Match="*"))
    _ask_for_a_report(asking)


def _ask_for_a_report(asking: Asking) -> None:
    document = asking.fresh("52998224725")
    number = f"nf-{new_id()}"
    asking.shown[number] = "nf-4711"
    told = asking.ask("erp", "POST", "/api/cashbacks", sale_of_now(document, sale_id=number))
    assert told.status == 201, told.body
    customers = asking.ask("admin", "GET", f"/api/customers?document={document}").json
    person = f"/api/customers/{customers['items'][0]['id']}"
    report = asking.ask("admin", "GET", f"{person}/report").json
    asking.answer("SubjectReport", {**report, "sales": []})  # they are shown as SaleHistory
    wait_for(lambda: _erased(asking, person), "its cashback stays open")


def _erased(asking: Asking, person: str) -> bool:
    reason = {"reason": "the customer asked for it in writing"}
    reply = asking.ask("admin", "POST", f"{person}/erase", reason)
    if reply.status == 200:
        asking.answer("Erased", reply.json)
    return reply.status == 200


def _ask_wrongly(asking: Asking) -> None:
    post = ("erp", "POST", "/api/cashbacks")
    asking.problem(asking.ask(*post, b'{"total": 1.00,}'))
    asking.problem(asking.ask(*post, b"{}", Content_Type="text/plain"))
    asking.problem(asking.ask("erp", "GET", "/api/cashbacks?limit=0&status=paid"))
