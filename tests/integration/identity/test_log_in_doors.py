"""What opens the door and what does not: right secrets, wrong ones, tokens, and what they leave."""

from __future__ import annotations

import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from adapters.credentials.password_hashes import hash_password
from cashback_gateway.local.ports import free_port
from integration.administering import PASSWORD, add_user
from integration.running import Gateway, Reply, running_gateway, wait_until_answers
from integration.scraping import scrape, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.postgres.embedded import EmbeddedPostgres

HASHED = hash_password(PASSWORD)
OF_ITS_OWN = {"date", "x-request-id"}
"""Headers that differ from one answer to the next, whoever asks."""


@dataclass(frozen=True, slots=True)
class Doors:
    """An API behind one proxy of ours, which tells it of any address that a test likes."""

    gateway: Gateway
    metrics_port: int

    def post(self, path: str, body: object, *, source: str = "192.0.2.1") -> Reply:
        headers = {"X-Forwarded-For": source}
        return self.gateway.request("POST", path, body, headers=headers, authorised=False)

    def log_in(self, name: str, password: str = PASSWORD, *, source: str = "192.0.2.1") -> Reply:
        return self.post("/api/token", {"username": name, "password": password}, source=source)

    def buy(self, client: tuple[str, str], *, source: str = "192.0.2.1") -> Reply:
        body = {"client_id": client[0], "client_secret": client[1]}
        return self.post("/api/token", body, source=source)

    def session(self, name: str) -> Any:
        """The tokens of a new session, from an address of its own."""
        reply = self.log_in(name, source="192.0.2.200")
        assert reply.status == 200, reply.body
        return reply.json

    def ask(self, method: str, path: str, token: str, body: object = None) -> Reply:
        headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
        return self.gateway.request(method, path, body, headers=headers)

    def client(self, name: str) -> tuple[str, str]:
        """The id and the secret of a new API client."""
        reply = self.ask("POST", "/api/clients", self.session("door-admin")["access"],
                         {"name": name})  # fmt: skip
        assert reply.status == 201, reply.body
        return reply.json["client"]["id"], reply.json["secret"]

    def user(self, name: str, *, role: str = "operator", password_hash: str = HASHED) -> str:
        add_user(self.gateway.dsn, name, role=role, password_hash=password_hash)
        return name

    def refresh(self, token: str) -> Reply:
        return self.post("/api/token/refresh", {"refresh": token})


@pytest.fixture(scope="module")
def doors(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Doors]:
    dsn = postgres_server.create_database("log_in_doors", template=template)
    add_user(dsn, "door-admin", role="admin", password_hash=HASHED)
    add_user(dsn, "door-petra", merchant_id=None, role="platform", password_hash=HASHED)
    add_user(dsn, "door-otto", merchant_id=2, password_hash=HASHED)
    port = free_port("127.0.0.1")
    folder = tmp_path_factory.mktemp("doors")
    with running_gateway(dsn, folder, CASHBACK_TRUSTED_HOPS="1") as gateway:
        gateway.processes["api"].terminate()
        gateway.processes["api"].wait(30)
        gateway.start("api", "serve", CASHBACK_METRICS_PORT=str(port))
        wait_until_answers(gateway, gateway.base_url, "/health/ready")
        yield Doors(gateway, port)


def seen(reply: Reply) -> tuple[int, bytes, Mapping[str, str]]:
    """All that somebody learns from an answer."""
    headers = {n: v for n, v in reply.headers.items() if n not in OF_ITS_OWN}
    return reply.status, reply.body, headers


def test_a_right_secret_passes_whatever_a_neighbour_tries(doors: Doors) -> None:
    wrong, right = doors.client("neighbour"), doors.client("quiet")
    statuses = [doors.buy((wrong[0], f"cbs_{n}")).status for n in range(120)]
    assert set(statuses) == {401, 429}
    assert statuses[-1] == 429
    assert doors.buy(right).status == 200
    assert doors.buy(wrong).status == 200  # also of the very client that was guessed at


def test_peoples_passwords_bar_no_client_and_clients_secrets_no_person(doors: Doors) -> None:
    client, person = doors.client("till"), doors.user("cashier")
    for number in range(24):
        doors.log_in(f"somebody-{number % 6}", "wrong", source="192.0.2.2")
    assert doors.buy(client, source="192.0.2.2").status == 200
    for number in range(60):
        doors.buy((client[0], f"cbs_{number}"), source="192.0.2.3")
    assert doors.log_in(person, source="192.0.2.3").status == 200


def test_no_crowd_of_right_secrets_is_sent_away(doors: Doors) -> None:
    """A chain's tills come back at the same moment, all from one address."""
    client = doors.client("chain")
    with ThreadPoolExecutor(150) as pool:
        bought = [pool.submit(doors.buy, client) for _ in range(450)]
    assert {each.result().status for each in bought} == {200}


def test_nobody_keeps_an_owner_out_who_comes_from_elsewhere(doors: Doors) -> None:
    owner = doors.user("hammered")
    for number in range(40):
        doors.log_in(owner, f"wrong {number}", source=f"198.51.100.{number}")
    assert doors.log_in(owner, source="198.51.100.200").status == 200


def test_neighbours_who_guess_at_others_keep_nobody_out(doors: Doors) -> None:
    owner = doors.user("patient-neighbour")
    for number in range(25):
        doors.log_in(f"else-{number}", "wrong", source="198.51.101.1")
    assert doors.log_in(owner, source="198.51.101.1").status == 200


@pytest.mark.parametrize("others", [0, 25])
def test_wrong_ones_get_one_answer_whoever_there_is(doors: Doors, others: int) -> None:
    """Also at a place from which the owner came in, and that others guess from."""
    owner, source = doors.user(f"resident-{others}"), f"198.51.102.{others}"
    assert doors.log_in(owner, source=source).status == 200
    for number in range(others):
        doors.log_in(f"nobody-{number}", "wrong", source=source)
    nobody = f"no-resident-{others}"
    for name in (nobody, f"No{nobody}", f"nö{nobody}"):
        for _ in range(2 if name != nobody else 7):
            answers = [seen(doors.log_in(each, "wrong", source=source)) for each in (owner, name)]
            if name != nobody:
                answers[0] = seen(doors.log_in(nobody + name, "wrong", source=source))
            assert answers[0] == answers[1]


@pytest.mark.parametrize("body", [{}, {"current": "not the present one"}])
def test_a_token_alone_changes_no_password_of_its_own(doors: Doors, body: dict[str, str]) -> None:
    name = doors.user(f"admin-of-{len(body)}", role="admin")
    token = doors.session(name)["access"]
    new = {**body, "new": "uma frase bem diferente"}
    for path in (f"/api/users/{name}/password", f"/api/users/%{ord(name[0]):x}{name[1:]}/password"):
        refused = doors.ask("PUT", path, token, new)
        assert (refused.status, refused.json["code"]) == (422, "invalid_request")
        assert [each["pointer"] for each in refused.json["errors"]] == ["/current"]
    for method in ("PATCH", "PUT"):
        document = {"role": "admin", "disabled": False, "password": "uma frase bem diferente"}
        assert doors.ask(method, f"/api/users/{name}", token, document).status == 422
    assert doors.log_in(name, source="192.0.2.4").status == 200


def test_an_administrator_changes_the_own_password_with_the_present_one_and_others_without(
    doors: Doors,
) -> None:
    name, other = doors.user("own-admin", role="admin"), doors.user("forgetful")
    token = doors.session(name)["access"]
    new = {"new": "uma frase bem diferente"}
    assert doors.ask("PUT", f"/api/users/{other}/password", token, new).status == 204
    own = {**new, "current": PASSWORD}
    assert doors.ask("PUT", f"/api/users/{name}/password", token, own).status == 204
    assert doors.log_in(name, "uma frase bem diferente", source="192.0.2.5").status == 200


def test_a_refresh_whose_answer_was_lost_has_it_again_until_its_successor_is_used(
    doors: Doors,
) -> None:
    first = doors.session(doors.user("lost-answer"))["refresh"]
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(doors.refresh, [first, first]))
    assert [reply.status for reply in both] == [200, 200]
    assert both[0].body == both[1].body == doors.refresh(first).body
    second = both[0].json["refresh"]
    assert second != first
    assert doors.refresh(second).status == 200
    assert doors.refresh(first).status == 401  # long gone: its owner, or a thief
    assert doors.refresh(second).status == 401
    assert doors.ask("GET", "/api/users/me", both[0].json["access"]).status in {200, 401}


def test_a_password_is_one_however_its_letters_are_composed(doors: Doors) -> None:
    new = "coração de maçã, só meu"
    assert unicodedata.is_normalized("NFC", new)
    decomposed = unicodedata.normalize("NFD", new)
    admin = doors.session("door-admin")["access"]
    for number, (as_set, as_told) in enumerate([(new, decomposed), (decomposed, new)]):
        body = {"username": f"composed-{number}", "role": "operator", "password": as_set}
        assert doors.ask("POST", "/api/users", admin, body).status == 201
        assert doors.log_in(f"composed-{number}", as_told, source="192.0.2.6").status == 200


def test_what_comes_back_brings_no_session_back(doors: Doors) -> None:
    session = doors.session("door-otto")
    petra = doors.session("door-petra")["access"]
    for disabled in (True, False):
        changed = doors.ask("PATCH", "/api/merchants/other", petra, {"disabled": disabled})
        assert changed.status == 200, changed.body
    assert doors.refresh(session["refresh"]).status == 401
    assert doors.refresh(doors.session("door-otto")["refresh"]).status == 200


def test_log_ins_are_counted_by_how_they_ended_and_leave_a_line(doors: Doors) -> None:
    name, client = doors.user("traced"), doors.client("traced")

    def count(kind: str, outcome: str) -> float:
        sample = "cashback_log_ins_total"
        return total(scrape(doors.metrics_port), sample, kind=kind, outcome=outcome)

    told = [
        ("password", "granted"), ("password", "refused"), ("password", "throttled"),
        ("secret", "granted"), ("secret", "refused"), ("secret", "throttled"),
        ("refresh", "granted"), ("refresh", "repeated"), ("refresh", "reused"),
    ]  # fmt: skip
    before = {each: count(*each) for each in told}
    source = "198.51.103.77"
    first = doors.log_in(name, source=source).json["refresh"]
    second = doors.refresh(first).json["refresh"]
    for token, status in ((first, 200), (second, 200), (first, 401)):
        assert doors.refresh(token).status == status
    for number in range(6):
        doors.log_in(name, f"wrong {number}", source=source)
    doors.log_in("not-even-a-user", "wrong", source="198.51.103.78")
    doors.buy(client, source=source)
    for number in range(21):
        doors.buy((client[0], f"cbs_{number}"), source=source)
    grown = {each: count(*each) - before[each] for each in told}
    assert grown == {
        ("password", "granted"): 1, ("password", "refused"): 6, ("password", "throttled"): 1,
        ("secret", "granted"): 1, ("secret", "refused"): 20, ("secret", "throttled"): 1,
        ("refresh", "granted"): 2, ("refresh", "repeated"): 1, ("refresh", "reused"): 1,
    }  # fmt: skip
    log = (doors.gateway.folder / "api.log").read_text("utf-8")
    lines = re.findall(r"WARNING \S+ log-in (\w+): (\w+) of (\S+) from (\w+)", log)
    ours = [line for line in lines if line[2] in {f"user:{name}", f"client:{client[0]}"}]
    (place,) = {line[3] for line in ours if line[1] != "refresh"}
    assert [line[:2] for line in ours].count(("reused", "refresh")) == 1
    assert [line[:2] for line in ours].count(("refused", "password")) == 5
    assert [line[:2] for line in ours].count(("throttled", "secret")) == 1
    assert re.fullmatch("[0-9a-f]{16}", place)
    # What somebody typed who is nobody may be a password, and is not told.
    for never in (source, "not-even-a-user", "wrong 1", "cbs_1", first, second):
        assert never not in log
