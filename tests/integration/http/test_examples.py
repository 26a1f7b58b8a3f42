"""Every example of the document that the service serves, sent as it stands by somebody who may."""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import pytest

from adapters.http.access import ACCESS
from adapters.http.finance.case_acts import CASE_ACTS
from adapters.http.openapi.examples import RECORDED
from adapters.http.openapi.operations import OPERATIONS
from adapters.http.problems.codes import PROBLEMS
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import StatementIncident
from cashback_core.values.ids import new_id
from cashback_gateway.local import demo_data
from contract.openapi_conformance import faults, inlined
from integration.administering import add_user
from integration.belongings import belongings
from integration.journeys import fresh_cpf, sale_of_now, wait_for
from integration.kept_day_files import keep_day_file
from integration.kept_differences import a_difference, keep_difference
from integration.kept_incidents import keep
from integration.people import sign_in_people
from integration.real_answers import real_answers
from integration.routes import PARAMETER, address
from integration.running import PASSWORD, Gateway, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.people import People
    from integration.running import Reply

FORM: Final = "application/x-www-form-urlencoded"
BY_ROLE: Final = {role: username for username, role in demo_data.ROLES.items()}
EXAMPLES: Final = [key for key, operation in OPERATIONS.items() if operation.body is not None]
_numbers = itertools.count(1)


@dataclass(slots=True, kw_only=True)
class Stranger:
    """Somebody who follows the page: a user of each role of the demo, and what is there."""

    gateway: Gateway
    people: People
    document: dict[str, Any]
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def headers(self, role: str) -> dict[str, str]:
        """As the demo's user of that role."""
        if role not in self.tokens:
            self.tokens[role] = self.log_in(BY_ROLE[role])["access"]
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def log_in(self, username: str) -> dict[str, str]:
        body = {"username": username, "password": PASSWORD}
        reply = self.gateway.request("POST", "/api/token", body, authorised=False)
        assert reply.status == 200, reply.body
        tokens: dict[str, str] = reply.json
        return tokens

    def cashback(self, behaviour: str) -> str:
        """The id of one whose first attempt met that behaviour of the provider."""
        document = fresh_cpf()
        self.gateway.misbehave(document=document, behaviour=behaviour, times=1)
        reply = self.gateway.submit(sale_of_now(document))
        assert reply.status == 202, reply.body
        return str(reply.json["id"])

    def marked(self) -> str:
        """One in doubt that another operator called applied."""
        id_ = self.cashback("error_500_applied")
        reply = self.gateway.request(
            "POST",
            f"/api/cashbacks/{id_}/resolve",
            {"status": "applied", "reason": "their mail"},
            headers=self.people.headers(1, "operator"),
        )
        assert reply.status == 200, reply.body
        return id_

    def incident(self) -> str:
        """A line of a statement that is nobody's."""
        at, number = datetime.now(UTC), next(_numbers)
        told = StatementIncident(
            id=new_id(),
            cls=FindingClass.UNKNOWN_HERE,
            merchant=None,
            cashback_id=None,
            document=None,
            centavos=140,
            line=number,
            line_key=f"{number:064x}",
            credited_at=at,
            reference=None,
            why="nothing here explains it",
            opened_at=at,
            statement_at=at,
            closed_at=None,
            closed_why=None,
        )
        keep(self.gateway.dsn, told, None)
        return str(told.id)

    def difference(self) -> str:
        """One of a day file of the demo's merchant."""
        one = a_difference()
        keep_difference(self.gateway.dsn, one)
        return str(one.case.id)

    def path(self, key: tuple[str, str]) -> str:
        """The address, of something that the example is about."""
        method, path = key
        if (method, path) == ("post", "/api/reconciliations"):
            keep_day_file(self.gateway.dsn, date(2026, 11, 29))
        made: dict[str, Callable[[], str]] = {
            "/api/cashbacks/{id}/resend": lambda: self.cashback("refused_422"),
            "/api/cashbacks/{id}/cancel": lambda: self.cashback("refused_422"),
            "/api/cashbacks/{id}/resolve": lambda: self.cashback("error_500_applied"),
            "/api/cashbacks/{id}/take-back": self.marked,
            "/api/incidents/{id}/explain": self.incident,
            **{act.path: self.difference for act in CASE_ACTS},
        }
        if path in made:
            return PARAMETER.sub(made[path](), path)
        if PARAMETER.search(path) is None:
            return path
        owned = belongings(self.gateway, self.people, 1)
        wait_for(lambda: self._is_over(owned["cashbacks"]), "nothing is open")
        return address(path, owned)

    def _is_over(self, cashback_id: str) -> bool:
        query = "select status = 'applied' from cashbacks where cashback_id = %s"
        return self.gateway.rows(query, cashback_id) == [(True,)]

    def secrets(self, key: tuple[str, str], username: str) -> dict[str, str]:
        """What no public document can tell: whoever tries an example puts in their own."""
        _, path = key
        if path == "/api/users/me/password":
            return {"current": PASSWORD}
        if path == "/api/token":
            return {"username": username, "password": PASSWORD}
        if path == "/api/token/refresh":
            return {"refresh": self.log_in(username)["refresh"]}
        return {"token": self.log_in(username)["access"]} if "/api/token/" in path else {}

    def send(self, key: tuple[str, str], role: str | None, username: str) -> Reply:
        """Send an example, with the header that the page fills in."""
        method, path = key
        operation = inlined(self.document["paths"][path][method], self.document)
        example = operation["requestBody"]["content"]["application/json"]["example"]
        prefilled = {p["name"]: p["example"] for p in operation["parameters"] if "example" in p}
        headers = {} if role is None else self.headers(role)
        if username not in demo_data.ROLES:
            headers = {"Authorization": f"Bearer {self.log_in(username)['access']}"}
        return self.gateway.request(
            method.upper(),
            self.path(key),
            {**example, **self.secrets(key, username)},
            headers={**headers, **prefilled},
            authorised=False,
        )


@pytest.fixture(scope="module")
def gateway(own_gateway: Gateway) -> Gateway:
    """One of its own: the examples change the merchant's settings and terms."""
    return own_gateway


@pytest.fixture(scope="module")
def stranger(gateway: Gateway) -> Stranger:
    document = gateway.request("GET", "/openapi.json", authorised=False).json
    return Stranger(gateway=gateway, people=sign_in_people(gateway), document=document)


@pytest.mark.parametrize("key", EXAMPLES, ids=" ".join)
def test_an_example_succeeds_as_the_least_of_those_who_may(
    gateway: Gateway, stranger: Stranger, key: tuple[str, str]
) -> None:
    method, path = key
    roles = stranger.document["paths"][path][method]["x-roles"]
    assert set(roles) == set(ACCESS[key])
    role = roles[0] if roles else None
    username = demo_data.USERNAME
    if path == "/api/users/me/password":  # whoever changes theirs gets in with it no more
        username = f"example-{next(_numbers)}"
        query = "select password_hash from users where username = %s"
        ((hash_,),) = gateway.rows(query, demo_data.USERNAME)
        add_user(gateway.dsn, username, password_hash=hash_)
    reply = stranger.send(key, role, username)
    assert 200 <= reply.status < 300, reply.body
    if path == "/api/stops":  # the other examples' sales would wait for it
        lift = f"/api/stops/{reply.json['id']}/lift"
        headers = stranger.headers("admin")
        assert gateway.request("POST", lift, {"reason": "over"}, headers=headers).status == 200


def test_the_form_of_a_client_succeeds_with_its_own_secret(
    gateway: Gateway, stranger: Stranger
) -> None:
    body = {"name": f"form {next(_numbers)}", "role": "erp"}
    made = gateway.request("POST", "/api/clients", body, headers=stranger.headers("admin")).json
    content = stranger.document["paths"]["/api/token"]["post"]["requestBody"]["content"]
    own = {"client_id": made["client"]["id"], "client_secret": made["secret"]}
    form = urlencode({**content[FORM]["example"], **own}).encode()
    reply = send(gateway.base_url, "POST", "/api/token", form, {"Content-Type": FORM})
    assert (reply.status, reply.json["token_type"]) == (200, "bearer")
    assert reply.headers["cache-control"] == "no-store"
    token = {"Authorization": f"Bearer {reply.json['access_token']}"}
    assert gateway.request("GET", "/api/cashbacks", headers=token).status == 200


def test_the_examples_of_answers_are_what_the_service_answers(
    gateway: Gateway, stranger: Stranger
) -> None:
    """With WRITE_EXAMPLES=1 they are written anew, to be looked at before they are kept."""
    answered = real_answers(
        gateway, stranger.headers, lambda role: stranger.people.headers(2, role)
    )
    if os.environ.get("WRITE_EXAMPLES"):
        RECORDED.write_text(
            json.dumps(answered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    assert answered == json.loads(RECORDED.read_text(encoding="utf-8"))
    alone = {code for code, problem in PROBLEMS.items() if not problem.faults}
    assert PROBLEMS.keys() - answered["problems"].keys() <= alone
    schemas = stranger.document["components"]["schemas"]
    for name, answer in answered["answers"].items():
        assert faults(f"#/components/schemas/{name}", answer) == []
        assert name in schemas
