"""An ERP's day with the client that openapi-python-client makes, at a base URL with a password.

The package `cashback_client` is made by the test, which type-checks this file with it.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING
from uuid import uuid4

from cashback_client import AuthenticatedClient, Client
from cashback_client.api.cashbacks import (
    list_cashbacks,
    quote,
    read_cashback,
    submit,
    submit_batch,
)
from cashback_client.api.files import bring_day_file
from cashback_client.api.finance import read_close_lines
from cashback_client.api.tokens import log_in
from cashback_client.api.webhooks import create_webhook
from cashback_client.models import (
    BatchAnswer,
    BatchInput,
    BatchSaleInput,
    BroughtFile,
    BuyerInput,
    IssuedWebhook,
    LineInput,
    PaymentInput,
    PaymentKind,
    Problem,
    ProblemCode,
    ProblemErrorCode,
    Quote,
    RecordedSale,
    RecordedSalePage,
    SaleHistory,
    SaleInput,
    Status,
    TokenPair,
    UserCredentials,
    WebhookInput,
    WebhookInputTypesType0Item,
)
from cashback_client.types import UNSET, File
from standardwebhooks import Webhook, WebhookVerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator


def main(base_url: str, password: str) -> None:
    """Log in, and do each part of the day."""
    erp = logged_in(base_url, "demo", password)
    recorded = sell(erp)
    read_and_err(erp, recorded)
    sell_many(erp)
    admin = logged_in(base_url, "admin-1", password)
    be_told(admin, erp)
    hand_in(admin)


def logged_in(base_url: str, username: str, password: str) -> AuthenticatedClient:
    """A client with that user's token."""
    tokens = log_in.sync(client=Client(base_url=base_url), body=UserCredentials(username, password))
    assert isinstance(tokens, TokenPair), tokens
    return AuthenticatedClient(base_url=base_url, token=tokens.access)


def a_sale() -> SaleInput:
    """One of now, by a number of its own: a cashback of 1.40."""
    return SaleInput(
        sale_id=f"python-{uuid4()}",
        sold_at=(datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds"),
        customer=BuyerInput(document="11144477735", name="JOSE DA SILVA"),
        total="100.00",
        products=[
            LineInput(type_="A", value="10.00", qty=1.0),
            LineInput(type_="B", value=10.0, qty="9", amount="90.00"),
        ],
        payments=[PaymentInput(kind=PaymentKind.PIX, value="100.00")],
        store="12",
    )


def sell(erp: AuthenticatedClient) -> RecordedSale:
    """Quote, submit twice."""
    sale = a_sale()
    quoted = quote.sync(client=erp, body=sale)
    assert isinstance(quoted, Quote), quoted
    assert quoted.cashback == "1.40"
    assert quoted.explanation[-1].text == "Together 1.40."
    first = submit.sync_detailed(client=erp, body=sale)
    recorded = first.parsed
    assert isinstance(recorded, RecordedSale), recorded
    assert (first.status_code, recorded.status) == (201, Status.APPLIED)
    again = submit.sync_detailed(client=erp, body=sale)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.parsed == recorded
    history = read_cashback.sync(recorded.id, client=erp)
    assert isinstance(history, SaleHistory), history
    assert history.explanation == quoted.explanation
    return recorded


def read_and_err(erp: AuthenticatedClient, recorded: RecordedSale) -> None:
    """Read, list, err, and meet what is new next year."""
    history = read_cashback.sync(recorded.id, client=erp)
    assert isinstance(history, SaleHistory), history
    assert history.events[-1].to_status is Status.APPLIED
    assert (history.store, history.products[1].amount) == ("12", "90.00")
    page = list_cashbacks.sync(client=erp, limit=1)
    assert isinstance(page, RecordedSalePage), page
    assert page.items[0].id == recorded.id
    buyer = page.items[0].customer
    assert buyer is not None
    assert buyer.document == "11144477735"

    sale = a_sale()
    sale.total = "90.00"
    wrong = submit.sync(client=erp, body=sale)
    assert isinstance(wrong, Problem), wrong
    assert wrong.code is ProblemCode.INVALID_SALE
    assert wrong.errors[0].code is ProblemErrorCode.TOTAL_MISMATCH

    # What is new next year hurts nobody: a field, a value.
    newer = RecordedSale.from_dict({**recorded.to_dict(), "shop": 7, "status": "returned"})
    assert newer["shop"] == 7
    assert str(newer.status) == "returned"
    assert newer.status not in set(Status)
    assert newer.to_dict() == {**recorded.to_dict(), "shop": 7, "status": "returned"}


def sell_many(erp: AuthenticatedClient) -> None:
    """A batch with one wrong sale, twice: each is told of by itself."""
    sales = [BatchSaleInput.from_dict(a_sale().to_dict()) for _ in range(3)]
    sales[1].total = "90.00"
    told = submit_batch.sync(client=erp, body=BatchInput(sales=sales), prefer="wait=10")
    assert isinstance(told, BatchAnswer), told
    assert [result.status for result in told.results] == [201, 422, 201]
    one, wrong = told.results[0].body, told.results[1].body
    assert isinstance(one, RecordedSale), one
    assert (one.status, one.sale_id) == (Status.APPLIED, sales[0].sale_id)
    assert isinstance(wrong, Problem), wrong
    assert wrong.errors[0].code is ProblemErrorCode.TOTAL_MISMATCH
    again = submit_batch.sync(client=erp, body=BatchInput(sales=sales))
    assert isinstance(again, BatchAnswer), again
    assert [result.replayed for result in again.results] == [True, UNSET, True]


def be_told(admin: AuthenticatedClient, erp: AuthenticatedClient) -> None:
    """A webhook of a sale: its signature is good, and no other body's is."""
    with receiving() as (url, came):
        wanted = WebhookInput(url=url, types=[WebhookInputTypesType0Item.CASHBACK_APPLIED])
        issued = create_webhook.sync(client=admin, body=wanted)
        assert isinstance(issued, IssuedWebhook), issued
        sold = submit.sync(client=erp, body=a_sale())
        assert isinstance(sold, RecordedSale), sold
        headers, body = came.get(timeout=30)
    webhook = Webhook(issued.secret)
    told = webhook.verify(body, headers)
    assert (told["type"], told["data"]["cashback_id"]) == ("cashback.applied", str(sold.id))
    assert told["id"] == headers["webhook-id"]
    for forged in (body.replace(b"1.40", b"9.40"), body + b" "):
        assert forged != body
        try:
            webhook.verify(forged, headers)
        except WebhookVerificationError:
            continue
        raise AssertionError(forged)


@contextmanager
def receiving() -> Iterator[tuple[str, Queue[tuple[dict[str, str], bytes]]]]:
    """A receiver on this machine: its URL, and what comes."""
    came: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """It prints nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/python", came
        finally:
            server.shutdown()


def hand_in(admin: AuthenticatedClient) -> None:
    """A day's file, and the lines of a day that is not closed."""
    file = File(payload=BytesIO(b"sale_id,total\nNF-1,10.00\n"))
    kept = bring_day_file.sync(client=admin, body=file, day="2026-01-02")
    assert isinstance(kept, BroughtFile), kept
    assert (kept.lines, kept.sum_, kept.unreadable) == (1, "10.00", 0)
    lines = read_close_lines.sync(client=admin, day=date(2026, 1, 2))
    assert isinstance(lines, Problem), lines
    assert lines.code == ProblemCode.NOT_FOUND


if __name__ == "__main__":
    main(*sys.argv[1:])
