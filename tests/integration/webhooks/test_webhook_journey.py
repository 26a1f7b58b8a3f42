"""From a sale to a merchant's own system: real processes, real receivers, real signatures."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from integration.journeys import sale_of_now, wait_for
from integration.people import sign_in_people
from integration.receivers import OK, TestReceiver, answer, receiving
from integration.running import Gateway, running_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.postgres.embedded import EmbeddedPostgres
    from integration.people import People
    from integration.running import Reply

LOCAL = {
    "CASHBACK_WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
    "CASHBACK_WEBHOOK_PLAIN_HTTP": "true",
}


@pytest.fixture(scope="module")
def gateway(
    postgres_server: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    dsn = postgres_server.create_database("webhook_journey", template=template)
    with running_gateway(dsn, tmp_path_factory.mktemp("webhooks"), **LOCAL) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def people(gateway: Gateway) -> People:
    return sign_in_people(gateway)


@pytest.fixture
def receiver() -> Iterator[TestReceiver]:
    with receiving() as receiver:
        yield receiver


class Hooks:
    """The administrator of merchant 1, and the endpoints that a test made."""

    def __init__(self, gateway: Gateway, people: People) -> None:
        self._gateway = gateway
        self._headers = people.headers(1, "admin")
        self.made: list[str] = []

    def ask(self, method: str, path: str = "", body: object = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._gateway.request(
            method,
            f"/api/webhooks{path}",
            body,
            headers={**self._headers, **named},
            authorised=False,
        )

    def add(self, url: str, **more: object) -> dict[str, Any]:
        reply = self.ask("POST", body={"url": url, **more})
        assert reply.status == 201, reply.body
        self.made.append(reply.json["webhook"]["id"])
        made: dict[str, Any] = reply.json
        return made

    def read(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/{id_}").json
        return found

    def deliveries(self, id_: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", f"/{id_}/deliveries").json["items"]
        return found

    def wake(self, id_: str) -> None:
        """What waits is due now, and its endpoint rests no more."""
        self._gateway.rows(
            """
            with due as (
                update webhook_messages set due_at = now()
                where due_at is not null and webhook_id = %s returning 1
            ), woken as (
                update webhook_progress set rests_until = null where webhook_id = %s returning 1
            )
            select from due, woken
            """,
            id_,
            id_,
        )


@pytest.fixture
def hooks(gateway: Gateway, people: People) -> Iterator[Hooks]:
    hooks = Hooks(gateway, people)
    yield hooks
    for id_ in hooks.made:
        hooks.ask("DELETE", f"/{id_}", if_match="*")


def test_each_change_is_told_once_in_order_and_signed(
    gateway: Gateway, hooks: Hooks, receiver: TestReceiver
) -> None:
    made = hooks.add(receiver.url)
    sold = gateway.submit(sale_of_now()).json["id"]
    wait_for(lambda: len(receiver.received) == 3, "three changes")
    assert [each.json["type"] for each in receiver.received] == [
        "cashback.pending",
        "cashback.sending",
        "cashback.applied",
    ]
    assert receiver.ids() == [f"{sold}.{n}" for n in (1, 2, 3)]
    signed = Webhook(made["secret"])
    for each in receiver.received:
        assert signed.verify(each.body, each.headers)["data"]["cashback_id"] == sold
        with pytest.raises(WebhookVerificationError):
            signed.verify(each.body + b" ", each.headers)
    feed = gateway.request("GET", "/api/changes?limit=200").json["items"]
    told = [each for each in feed if each["data"]["cashback_id"] == sold]
    assert told == [each.json for each in receiver.received]
    assert hooks.read(made["webhook"]["id"])["delivered_at"] is not None


def test_a_failure_is_tried_again_and_the_others_do_not_wait(
    gateway: Gateway, hooks: Hooks, receiver: TestReceiver
) -> None:
    id_ = hooks.add(receiver.url, types=["cashback.applied"])["webhook"]["id"]
    refused = iter([answer(503), answer(302, Location=receiver.url)])

    def answering(handler: Any) -> None:
        next(refused, OK)(handler)

    receiver.answering = answering
    gateway.submit(sale_of_now())
    wait_for(lambda: [d["status"] for d in hooks.deliveries(id_)] == [503], "a failure")
    assert hooks.read(id_)["waiting"] == 1
    gateway.submit(sale_of_now())

    def all_through() -> bool:
        hooks.wake(id_)
        through = {d["result"] for d in hooks.deliveries(id_)} == {"delivered"}
        return through and len(set(receiver.ids())) == 2

    wait_for(all_through, "all of them")
    assert [d["attempts"] for d in hooks.deliveries(id_)][-1] >= 2
    assert hooks.read(id_)["failing_since"] is None
    # The redirect was followed nowhere: no message came twice but for being tried again.
    assert (len(receiver.received), len(set(receiver.ids()))) == (4, 2)


def test_a_receiver_that_is_gone_is_told_nothing_any_more(
    gateway: Gateway, hooks: Hooks, receiver: TestReceiver
) -> None:
    receiver.answering = answer(410)
    id_ = hooks.add(receiver.url)["webhook"]["id"]
    gateway.submit(sale_of_now())
    wait_for(lambda: not hooks.read(id_)["active"], "disabled")
    told = hooks.read(id_)
    assert (told["disabled_because"], told["last_failure"]) == ("gone", "410")
    assert "is disabled: gone" in (gateway.folder / "worker.log").read_text()
    refused = hooks.ask("POST", f"/{id_}/test")
    assert refused.status == 409
    assert refused.json["errors"][0]["code"] == "webhook_not_active"
    # Whoever names `active` means it; another change leaves why it was disabled.
    for change, why in (({"description": "Till"}, "gone"), ({"active": False}, "person")):
        changed = hooks.ask("PATCH", f"/{id_}", change, if_match="*")
        assert (changed.status, changed.json["disabled_because"]) == (200, why)
    # Enabled again, it is told what it missed.
    receiver.answering = OK
    assert hooks.ask("PATCH", f"/{id_}", {"active": True}, if_match="*").status == 200

    def told_all() -> bool:
        hooks.wake(id_)
        return len(set(receiver.ids())) == 3 and not hooks.read(id_)["waiting"]

    wait_for(told_all, "all three")


def test_a_secret_is_changed_without_a_break(
    gateway: Gateway, hooks: Hooks, receiver: TestReceiver
) -> None:
    made = hooks.add(receiver.url, types=["cashback.applied"])
    id_ = made["webhook"]["id"]
    issued = hooks.ask("POST", f"/{id_}/secrets", {})
    assert issued.status == 201
    assert [s["number"] for s in issued.json["webhook"]["secrets"]] == [2, 1]
    assert hooks.ask("POST", f"/{id_}/secrets", {}).json["errors"][0]["code"] == "two_secrets"
    gateway.submit(sale_of_now())
    wait_for(lambda: len(receiver.received) == 1, "one signed by both")
    [both] = receiver.received
    for secret in (made["secret"], issued.json["secret"]):
        Webhook(secret).verify(both.body, both.headers)
    gateway.rows(
        "with done as (update webhooks set former_ends_at = now() where webhook_id = %s"
        " returning 1) select * from done",
        id_,
    )
    gateway.submit(sale_of_now())
    wait_for(lambda: len(receiver.received) == 2, "one signed by the new one alone")
    last = receiver.received[-1]
    Webhook(issued.json["secret"]).verify(last.body, last.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(last.body, last.headers)


def test_a_test_message_and_changes_sent_again(
    gateway: Gateway, hooks: Hooks, receiver: TestReceiver
) -> None:
    id_ = hooks.add(receiver.url, types=["cashback.applied"])["webhook"]["id"]
    queued = hooks.ask("POST", f"/{id_}/test")
    assert (queued.status, queued.json["result"]) == (202, "waiting")
    wait_for(lambda: receiver.ids() == [queued.json["id"]], "the test")
    assert receiver.received[0].json["type"] == "webhook.test"
    sold = gateway.submit(sale_of_now()).json["id"]
    wait_for(lambda: len(receiver.received) == 2, "the change")
    wait_for(lambda: hooks.read(id_)["waiting"] == 0, "the end of the round")
    change = receiver.ids()[1]
    assert change == f"{sold}.3"

    asked = {"change": change}
    counted = hooks.ask("POST", f"/{id_}/resend", asked)
    assert (counted.status, counted.json) == (200, {"count": 1, "done": False})
    changed = hooks.ask("POST", f"/{id_}/resend", {**asked, "expect": 2})
    assert (changed.status, changed.json["code"]) == (409, "count_changed")
    assert len(receiver.received) == 2
    done = hooks.ask("POST", f"/{id_}/resend", {**asked, "expect": 1})
    assert done.json == {"count": 1, "done": True}
    wait_for(lambda: len(receiver.received) == 3, "again")
    assert receiver.ids()[2] == change
    assert receiver.received[2].body == receiver.received[1].body
    # One that is kept since long is late from now on, not since it was made.
    since = {"since": receiver.received[1].json["timestamp"]}
    wait_for(lambda: hooks.read(id_)["waiting"] == 0, "the end of the round")
    gateway.rows(
        "with done as (update webhook_messages set created_at = now() - interval '8 days'"
        " where webhook_id = %s returning 1) select * from done",
        id_,
    )
    hooks.ask("POST", f"/{id_}/resend", {**asked, "expect": 1})
    [fresh] = [one for one in hooks.deliveries(id_) if one["id"] == change]
    assert fresh["created_at"] > since["since"]
    wait_for(lambda: len(receiver.received) == 4, "once more")

    assert hooks.ask("POST", f"/{id_}/resend", since).json["count"] == 1
    both = hooks.ask("POST", f"/{id_}/resend", {**asked, **since})
    assert (both.status, both.json["errors"][0]["code"]) == (422, "change_or_since")


@pytest.mark.parametrize("manner", ["hang", "flood", "drip"])
def test_no_receiver_keeps_a_sale_waiting(
    gateway: Gateway, hooks: Hooks, receiver: TestReceiver, manner: str
) -> None:
    receiver.answering = getattr(receiver, manner)
    hooks.add(receiver.url)
    for _ in range(5):
        assert gateway.submit(sale_of_now()).status == 201
    wait_for(lambda: receiver.received != [], "it is called")
    assert receiver.most_at_once <= 8
    # What it does not read is left unread: some of it is in the kernel's buffers.
    assert receiver.bytes_taken < 64 * 1024**2


def test_what_a_killed_worker_was_sending_is_sent_by_another(
    gateway: Gateway, hooks: Hooks, receiver: TestReceiver
) -> None:
    receiver.answering = receiver.hang
    id_ = hooks.add(receiver.url)["webhook"]["id"]
    sold = gateway.submit(sale_of_now()).json["id"]
    wait_for(lambda: receiver.received != [], "it is called")
    worker = gateway.processes["worker"]
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    receiver.answering = OK
    receiver.received.clear()
    gateway.start("worker", "worker")
    # Nobody else's until the lease has run out: turn its end here.
    assert gateway.rows("select token is not null from webhook_progress where webhook_id = %s", id_)
    gateway.rows(
        "with done as (update webhook_progress set leased_until = now() where webhook_id = %s"
        " returning 1) select * from done",
        id_,
    )
    wait_for(lambda: len(set(receiver.ids())) == 3, "all of them")
    assert set(receiver.ids()) == {f"{sold}.{n}" for n in (1, 2, 3)}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://10.0.0.1/", "webhook_to_private_network"),
        ("https://169.254.169.254/latest/meta-data", "webhook_to_private_network"),
        ("https://[::ffff:10.0.0.1]/", "webhook_to_private_network"),
        ("https://user@example.com/", "bad_webhook_url"),
        ("https://example.com/#there", "bad_webhook_url"),
        ("ftp://example.com/", "bad_webhook_url"),
    ],
)
def test_no_endpoint_is_in_a_private_network(hooks: Hooks, url: str, code: str) -> None:
    refused = hooks.ask("POST", body={"url": url})
    assert (refused.status, refused.json["errors"][0]["code"]) == (422, code)


def test_an_endpoint_is_its_merchants_alone(
    gateway: Gateway, people: People, hooks: Hooks, receiver: TestReceiver
) -> None:
    id_ = hooks.add(receiver.url)["webhook"]["id"]
    others = people.headers(2, "admin")
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"active": False}),
        ("DELETE", "", None),
        ("POST", "/secrets", {}),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("POST", "/resend", {"since": "2026-01-01"}),
    ):
        headers = {**others, "If-Match": "*"}
        reply = gateway.request(
            method, f"/api/webhooks/{id_}{path}", body, headers=headers, authorised=False
        )
        assert reply.status == 404, (method, path, reply.body)
    listed = gateway.request("GET", "/api/webhooks", headers=others, authorised=False)
    assert listed.json["items"] == []
    # Merchant 2's changes are told to nobody of merchant 1.
    erp = {**people.headers(2, "erp"), "Prefer": "respond-async"}
    gateway.request("POST", "/api/cashbacks", sale_of_now(), headers=erp, authorised=False)
    own = gateway.submit(sale_of_now()).json["id"]
    wait_for(lambda: f"{own}.3" in receiver.ids(), "its own")
    assert {json.loads(each.body)["data"]["cashback_id"] for each in receiver.received} == {own}


def test_the_command_line_tells_and_sends(
    gateway: Gateway, hooks: Hooks, receiver: TestReceiver
) -> None:
    id_ = hooks.add(receiver.url)["webhook"]["id"]

    def command(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "cashback_gateway", "webhooks", *arguments],
            env=gateway.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    assert id_ in command("list", "--merchant", "demo", "--json")
    assert id_ not in command("list", "--merchant", "other", "--json")
    assert "is sent within seconds" in command("test", id_, "--merchant", "demo")
    wait_for(lambda: len(receiver.received) == 1, "the test")
    command("test", id_, "--merchant", "other", code=1)
    since = ("resend", id_, "--merchant", "demo", "--since", "2026-01-01")
    assert "are meant; to send them again" in command(*since)
    assert "nothing was sent" in command(*since, "--expect", "10000", code=1)
    command("resend", id_, "--merchant", "demo", code=2)
