"""An operator's commands and the doctor, on a migrated database."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.operators.provider_ledger import PostgresProviderLedger
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.sales.payments import Payment, PaymentKind
from cashback_core.sales.place import Place
from cashback_core.values.ids import new_id
from contract.builders import (
    CREATED,
    NOTHING_SENT,
    UNANSWERED,
    a_sale,
    accepted,
    ended,
    leased,
    seen,
    submitted,
)
from contract.confirming import later
from contract.keeping_ledger import ONES, Book, Told, a_told, take_in
from contract.reconciling import RULES
from integration.command_line import SRC, call
from integration.running import ERASURE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.postgres.embedded import EmbeddedPostgres
    from cashback_core.delivery.evidence import Evidence

REFUSED = seen(422)


@pytest.fixture
def environ(dsn: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if "CASHBACK" not in k}
    return {**kept, "PYTHONPATH": SRC, "DATABASE_URL": dsn}


def run(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return call(words, environ)


def done(environ: dict[str, str], *words: str) -> list[str]:
    finished = run(environ, *words)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


def told(environ: dict[str, str], *words: str) -> dict[str, Any]:
    """What a command says to a program."""
    document: dict[str, Any] = json.loads("\n".join(done(environ, *words, "--json")))
    return document


def refused(environ: dict[str, str], *words: str, shows: bool = False) -> str:
    finished = run(environ, *words)
    assert (finished.returncode, bool(finished.stdout)) == (1, shows)
    assert finished.stderr.startswith("error: ")
    assert finished.stderr.count("\n") == 1
    return finished.stderr


def cashbacks(dsn: str, *evidences: Evidence) -> list[str]:
    """The ids of cashbacks of 5.00, each with a first attempt that left its evidence."""

    async def make() -> list[str]:
        ids: list[str] = []
        async with Database(dsn) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            for evidence in evidences:
                claim = await leased(store, a_sale())
                await store.conclude(ended(claim, evidence))
                ids.append(str(claim.id))
        return ids

    return asyncio.run(make())


def accepted_one(dsn: str) -> str:
    """The id of a cashback of 5.00 as it is accepted."""

    async def make() -> str:
        async with Database(dsn) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            return str((await accepted(store, submitted(a_sale(), lease_s=None))).id)

    return asyncio.run(make())


def unconfirmed_one(dsn: str) -> str:
    """The id of a cashback of 5.00 that waits to be confirmed."""

    async def make() -> str:
        async with Database(dsn) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            return str((await accepted(store, later())).id)

    return asyncio.run(make())


def statuses(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as connection:
        return {
            str(id_): status
            for id_, status in connection.execute("select cashback_id, status from cashbacks")
        }


SIGNED = ("--reason", "the outage is over", "--as", "ana")


def expecting(environ: dict[str, str], *words: str) -> tuple[str, ...]:
    """A command's words, and what they mean now, as it is shown."""
    return (*words, "--expect", told(environ, *words)["expect"])


def test_what_nobody_confirmed_is_listed_with_until_when_and_ended(
    dsn: str, environ: dict[str, str]
) -> None:
    first, second = unconfirmed_one(dsn), unconfirmed_one(dsn)
    assert first not in "".join(done(environ, "open")), "nobody has anything to do for it"
    _, *lines, total = done(environ, "open", "--status", "unconfirmed")
    assert [line.split()[:2] for line in lines] == [[one, "unconfirmed"] for one in (first, second)]
    assert "its ERP, which confirms it since 20" in lines[0]
    assert ", until 20" in lines[0]
    assert total.startswith("2 cashbacks, 10.00 in all")
    waiting = told(environ, "show", first)["waiting"]
    assert waiting["why"] == "confirmation"
    assert waiting["until_at"] > waiting["since_at"]
    done(environ, "cancel", first, *SIGNED)
    done(environ, *expecting(environ, "cancel-many", "--status", "unconfirmed"), *SIGNED)
    assert statuses(dsn) == {first: "cancelled", second: "cancelled"}


def test_what_waits_is_listed_and_resent_one_by_one(dsn: str, environ: dict[str, str]) -> None:
    doubtful, rejected, pending = cashbacks(dsn, UNANSWERED, REFUSED, NOTHING_SENT)
    headings, *lines, total = done(environ, "open")
    assert headings.split("  ")[0] == "ID"
    assert headings.endswith("WHY")
    assert [line.split()[:2] for line in lines] == [
        [doubtful, "in_doubt"],
        [rejected, "rejected"],
    ]
    assert "the provider's statement since 20" in lines[0]
    assert "no certain answer" in lines[0]
    assert "  422  an operator since 20" in lines[1]
    assert lines[1].endswith("  the provider refused it for good")
    assert "***." in lines[0], "a customer's document is masked"
    assert total == "2 cashbacks, 10.00 in all, 1 of them may be paid already"
    _, line, _ = done(environ, "open", "--status", "pending", "--merchant", "demo")
    assert line.startswith(pending)
    _, *cut, total = done(environ, "open", "--limit", "1")
    assert [line.split() for line in cut] == [
        lines[0].split(),
        ["1", "of", "2:", "--limit", "N", "shows", "up", "to", "N"],
    ]
    several = told(environ, "open", "--status", "pending", "--status", "in_doubt")
    assert [item["id"] for item in several["items"]] == [doubtful, pending]
    assert (several["total"], several["more"], several["may_be_paid_already"]) == (2, False, 1)
    assert several["items"][0]["waiting"]["why"] == "proof"

    risk = refused(environ, "resend", doubtful, *SIGNED)
    assert "may pay the customer a second time" in risk
    assert "--accept-risk" in risk
    assert done(environ, "resend", rejected, *SIGNED) == [f"{rejected} will be sent again"]
    done(environ, "resend", doubtful, "--accept-risk", *SIGNED)
    assert set(statuses(dsn).values()) == {"pending"}
    with psycopg.connect(dsn) as connection:
        signed = connection.execute(
            "select cashback_id::text, actor_name, reason from events where actor = 'operator'"
            " order by at"
        ).fetchall()
    assert signed == [
        (rejected, "ana", "the outage is over"),
        (doubtful, "ana", "the outage is over"),
    ]
    assert "is pending; this goes with: rejected, in_doubt, held" in refused(
        environ, "resend", rejected, *SIGNED
    )


def test_sales_of_equal_content_are_listed(dsn: str, environ: dict[str, str]) -> None:
    async def sell() -> list[str]:
        async with Database(dsn) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            sale = a_sale(sale_id="NF-1")
            first = await accepted(store, submitted(sale))
            await store.accept(submitted(replace(sale, sale_id=None), key="k2"))
            second = await accepted(store, submitted(replace(sale, sale_id="NF-3")))
        return [str(first.id), str(second.id)]

    first, second = asyncio.run(sell())
    headings, taken, refused_ = done(environ, "equals")
    assert headings.startswith("OUTCOME")
    assert taken.startswith("accepted  100.00  ***.")
    assert "sale_id NF-3" in taken
    assert refused_.startswith("refused ")
    assert refused_.endswith(f"{first}  sale_id NF-1")
    assert "Z  key k2" in refused_
    only = told(environ, "equals", "--outcome", "refused", "--merchant", "demo")
    assert [(pair["first_id"], pair["idempotency_key"]) for pair in only["items"]] == [
        (first, "k2")
    ]
    cut = told(environ, "equals", "--limit", "1")
    assert [pair["id"] for pair in cut["items"]] == [second]
    assert (cut["more"], cut["total"]) == (True, 2)
    assert done(environ, "equals", "--limit", "1")[-1].startswith("1 of 2: --limit")
    some = told(environ, "equals", "--merchant", "demo", "--limit", "0", "--outcome", "accepted")
    assert (some["items"], some["more"], some["total"]) == ([], True, 1)
    assert told(environ, "equals", "--limit", "0", "--outcome", "refused")["total"] == 1


def test_what_a_rate_paid_is_listed(dsn: str, environ: dict[str, str]) -> None:
    rejected, applied = cashbacks(dsn, REFUSED, CREATED)
    version_1 = ("by-rate", "A", "1", "--merchant", "demo")
    headings, *lines = done(environ, *version_1)
    assert headings.startswith("ID ")
    assert [line.split()[:3] for line in lines] == [
        [applied, "applied", "5.00"],
        [rejected, "rejected", "5.00"],
    ]
    (only,) = told(environ, *version_1, "--status", "applied")["items"]
    assert only["id"] == applied
    cut = told(environ, *version_1, "--limit", "1")
    assert ([one["id"] for one in cut["items"]], cut["more"], cut["total"]) == ([applied], True, 2)
    assert done(environ, *version_1, "--limit", "1")[-1].startswith("1 of 2: --limit")
    one_of_one = told(environ, *version_1, "--status", "rejected", "--limit", "0")
    assert (one_of_one["more"], one_of_one["total"]) == (True, 1)
    assert told(environ, "by-rate", "A", "2", "--merchant", "demo")["total"] == 0


def test_sales_are_found_summed_up_and_taken_out(dsn: str, environ: dict[str, str]) -> None:
    rejected, applied = cashbacks(dsn, REFUSED, CREATED)
    find = ("find", "--merchant", "demo")
    assert [one["id"] for one in told(environ, *find)["items"]] == [applied, rejected]
    (only,) = told(environ, *find, "--status", "rejected")["items"]
    assert only["id"] == rejected
    day = ("--sold-from", "2026-01-01", "--sold-to", "2026-01-31")
    summed = told(environ, *find, *day, "--total", "--limit", "1", "--sort", "accepted_at")
    assert ([one["id"] for one in summed["items"]], summed["total"]) == ([rejected], 2)
    assert (summed["cashback"], summed["sales"]) == ("10.00", "200.00")
    assert "2 in all: cashback 10.00, sales 200.00" in done(environ, *find, *day, "--total")
    assert done(environ, *find, "--store", "9", *day) == ["none"]
    head, *rows = done(environ, *find, *day, "--csv", "--status", "applied")
    assert head.startswith("id,status,sale_id,")
    assert [row.split(",")[:2] for row in rows] == [[applied, "applied"]]
    assert "***." in rows[0]
    (line,) = done(environ, *find, *day, "--jsonl", "--people", "--status", "applied")
    assert json.loads(line)["id"] == applied
    assert json.loads(line)["document"].isdigit()
    for words in (("--status", "applied"), ("--total",), ("--csv",), ("--json", "--csv", *day)):
        assert run(environ, *find, *words).returncode == 2, words


def test_what_is_unpaid_is_cancelled_and_what_is_in_doubt_resolved(
    dsn: str, environ: dict[str, str]
) -> None:
    first, second, rejected = cashbacks(dsn, UNANSWERED, UNANSWERED, REFUSED)
    assert done(environ, "cancel", rejected, *SIGNED) == [f"{rejected} is cancelled"]
    assert "is in_doubt" in refused(environ, "cancel", first, *SIGNED)
    assert done(environ, "resolve", first, "applied", *SIGNED) == [f"{first} is applied"]
    assert done(environ, "resolve", second, "rejected", *SIGNED) == [f"{second} is rejected"]
    assert statuses(dsn) == {first: "applied", second: "rejected", rejected: "cancelled"}
    nobody = str(uuid4())
    assert f"there is no cashback {nobody}" in refused(environ, "cancel", nobody, *SIGNED)


def test_the_providers_ledger_is_told_by_owner_and_class(dsn: str, environ: dict[str, str]) -> None:
    assert done(environ, "ledger")[-1] == "no statement was taken in yet"
    lines = (a_told(), a_told(2, whose=ONES[1], centavos=70), a_told(3, whose=None, centavos=-5))

    async def take() -> None:
        async with Database(dsn) as database:
            store = PostgresReconciliationStore(database, RULES)
            ledger = PostgresProviderLedger(database)
            await take_in(Book(reconciliations=store, ledger=ledger), Told(lines=lines))

    asyncio.run(take())
    _, account, mine, theirs, words, through = done(environ, "ledger")
    assert account.split() == ["(account)", "matched", "1", "-0.05"]
    assert mine.split() == ["demo", "matched", "1", "5.00"]
    assert theirs.split() == ["other", "matched", "1", "0.70"]
    assert words == "3 lines, 5.65 in all"
    covered = "complete from 2026-06-05T12:30:00Z through 2026-06-15T12:30:00Z, by statements of"
    assert through.startswith(covered)
    own = told(environ, "ledger", "--merchant", "other")
    assert own["items"] == [{"merchant": "other", "class": "matched", "lines": 1, "amount": "0.70"}]
    assert (own["lines"], own["amount"]) == (1, "0.70")
    assert "there is no merchant 'nobody'" in refused(environ, "ledger", "--merchant", "nobody")


def test_incidents_are_listed_and_explained(dsn: str, environ: dict[str, str]) -> None:
    rejected, applied = cashbacks(dsn, REFUSED, CREATED)
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute(
            "select cashback_id::text, document from sales order by accepted_at"
        ).fetchall()
        documents: dict[str, str] = dict(found)
        own = an_incident(
            connection, "credited_unpaid", cashback_id=rejected, document=documents[rejected]
        )
        spelt = f"<{rejected.upper()}>"
        line = an_incident(connection, "unknown_here", document="11144477735", reference=spelt)
        absent = an_incident(connection, "applied_absent", cashback_id=applied, line=None)
    _, *lines, standing = done(environ, "incidents")
    assert [one.split()[0] for one in lines] == [own, line, absent]
    assert standing == (
        "3 incidents of a statement stand, 15.00 in all: 1 credited_unpaid 5.00,"
        " 1 unknown_here 5.00, 1 applied_absent 5.00"
    )
    assert lines[0].endswith(f"{rejected}  demo      nothing explains it")
    assert "***." in lines[0], "a customer's document is masked"
    (only,) = told(environ, "incidents", "--class", "unknown_here", "--limit", "1")["items"]
    assert (only["id"], only["line"], only["merchant"]) == (line, 7, None)
    assert only["statement_at"] == "2026-06-15T15:00:00Z"
    cut = done(environ, "incidents", "--limit", "2")
    assert cut[3].startswith("2 of 3: --limit")
    assert done(environ, "incidents", "--merchant", "other") == [
        "no incident of a statement stands"
    ]

    _, listed, _, standing = done(environ, "open")
    assert listed.endswith("; it may be paid already")
    assert standing.startswith("3 incidents of a statement stand, 15.00 in all")
    assert "--accept-risk" in refused(environ, "resend", rejected, *SIGNED)

    named = refused(environ, "explain", line, "--foreign", "--dry-run", *SIGNED)
    assert f"the line's reference names {rejected}" in named
    dry = done(environ, "explain", line, "--foreign", "--dry-run", "--accept-risk", *SIGNED)
    assert dry[1].split() == lines[1].split()
    assert dry[2].startswith("nothing was done")
    assert "has no line of its own" in refused(environ, "explain", absent, "--foreign", *SIGNED)
    assert "is about a line" in refused(environ, "explain", line, "--known-absent", *SIGNED)
    nobody = str(uuid4())
    assert nobody in refused(environ, "explain", line, "--ours", nobody, *SIGNED)
    assert f"there is no incident {nobody}" in refused(
        environ, "explain", nobody, "--foreign", *SIGNED
    )
    ours = done(environ, "explain", line, "--ours", rejected, "--reason", "x", "--by", "ana")
    assert ours[2] == (
        f"{line} is explained as the credit of {rejected}: so on every later statement"
    )
    assert "is closed" in refused(environ, "explain", line, "--foreign", *SIGNED)
    done(environ, "explain", absent, "--known-absent", *SIGNED)
    assert len(told(environ, "incidents")["items"]) == 1
    assert len(told(environ, "incidents", "--all")["items"]) == 3
    assert told(environ, "incidents", "--all", "--limit", "1")["total"] == 3

    assert done(environ, "resolve", rejected, "applied", *SIGNED) == [f"{rejected} is applied"]
    bia = ("--reason", "another customer's line", "--as", "bia")
    own_name = ("--reason", "x", "--as", "ANA")
    assert "your own" in refused(environ, "take-back", rejected, "--accept-risk", *own_name)
    assert "--accept-risk" in refused(environ, "take-back", rejected, *bia)
    assert "no operator brought" in refused(environ, "take-back", applied, "--accept-risk", *bia)
    assert done(environ, "take-back", rejected, "--accept-risk", *bia) == [
        f"{rejected} is in doubt again"
    ]
    assert statuses(dsn) == {rejected: "in_doubt", applied: "applied"}


def an_incident(
    connection: psycopg.Connection,
    cls: str,
    *,
    cashback_id: str | None = None,
    document: str | None = None,
    line: int | None = 7,
    reference: str | None = None,
) -> str:
    """An incident of 5.00 that stands; its id."""
    id_ = new_id()
    at = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)
    connection.execute(
        "insert into statement_incidents (incident_id, class, merchant_id, cashback_id, document,"
        " centavos, line, line_key, nth, credited_at, reference, why, opened_at, statement_at)"
        " values (%s, %s, %s, %s, %s, 500, %s, %s, %s, %s, %s, 'nothing explains it', now(), %s)",
        [
            id_,
            cls,
            None if cashback_id is None else 1,
            cashback_id,
            document,
            line,
            None if line is None else id_.hex,
            None if line is None else 0,
            at,
            reference,
            at,
        ],
    )
    return str(id_)


def test_many_are_counted_and_then_resent_as_counted(dsn: str, environ: dict[str, str]) -> None:
    doubtful, *rest = cashbacks(dsn, UNANSWERED, REFUSED, REFUSED)
    filter_ = ("resend-many", "--status", "rejected", "--status", "in_doubt")
    counted = done(environ, *filter_)
    assert [line.split() for line in counted[:3]] == [
        ["FROM", "TO", "COUNT", "CASHBACK"],
        ["rejected", "pending", "2", "10.00"],
        ["in_doubt", "pending", "1", "5.00"],
    ]
    assert counted[3] == "3 cashbacks, 15.00 in all, 1 of them may be paid already"
    assert "may pay the customer a second time" in counted[4]
    *_, shown = words = expecting(environ, *filter_)
    assert counted[5] == f"Nothing was done: --expect {shown} sends them again."
    token = shown.rpartition(":")[2]
    for other in (f"2:15.00:{token}", f"3:14.99:{token}"):
        other_words = (*filter_, "--expect", other, *SIGNED)
        assert "now it is 3 worth 15.00 that" in refused(environ, *other_words, shows=True)
        assert "now it is 3 worth" in refused(environ, *other_words, "--json")
    moved = (*filter_, "--expect", "3:15.00:00000000", *SIGNED)
    assert "some have moved; look again" in refused(environ, *moved, shows=True)
    words = (*words, *SIGNED)
    assert "second time" in refused(environ, *words, shows=True)
    assert "no merchant 'nobody'" in refused(environ, *filter_, "--merchant", "nobody")
    only = ("resend-many", "--status", "rejected", "--sold-from", "2026-01-02 00:00:00")
    shown_and_done = done(environ, *expecting(environ, *only), *SIGNED)
    assert shown_and_done[1].split() == ["rejected", "pending", "2", "10.00"]
    assert shown_and_done[-1] == "2 cashbacks, 10.00 in all: will be sent again"
    assert statuses(dsn) == {doubtful: "in_doubt", **dict.fromkeys(rest, "pending")}
    assert done(environ, *only, "--sold-to", "2026-01-02 00:00:00")[0].startswith("0 cashbacks, 0")


def test_what_a_ceiling_holds_is_counted_apart(dsn: str, environ: dict[str, str]) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("update merchants set max_cashback_centavos = 0")
    held = accepted_one(dsn)
    filter_ = ("resend-many", "--status", "held")
    counted = done(environ, *filter_)
    assert counted[0].startswith("0 cashbacks, 0")
    assert counted[1].startswith("Left out: 1 that a ceiling holds")
    assert done(environ, *expecting(environ, *filter_), *SIGNED)[0].startswith("0 cashbacks")
    assert statuses(dsn) == {held: "held"}
    assert done(environ, "open", "--status", "held")[2] == "1 cashback, 5.00 in all"
    asked = (*expecting(environ, *filter_, "--above-ceiling"), *SIGNED)
    assert done(environ, *asked)[-1] == "1 cashback, 5.00 in all: will be sent again"
    assert statuses(dsn) == {held: "pending"}


def a_sale_of(dsn: str, merchant_id: int, sale_id: str, evidence: Evidence = REFUSED) -> str:
    """The id of a tried cashback of a sale with a number of its own."""

    async def make() -> str:
        async with Database(dsn) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            claim = await leased(store, a_sale(sale_id=sale_id), merchant_id=merchant_id)
            await store.conclude(ended(claim, evidence))
            return str(claim.id)

    return asyncio.run(make())


def test_a_sale_is_named_by_its_own_number_unless_two_have_it(
    dsn: str, environ: dict[str, str]
) -> None:
    first, second = a_sale_of(dsn, 1, "NF-1"), a_sale_of(dsn, 1, "NF-2", UNANSWERED)
    shown = told(environ, "show", "NF-1")
    assert (shown["id"], shown["status"], shown["merchant"]) == (first, "rejected", "demo")
    assert [one["status_code"] for one in shown["attempts"]] == [422]
    assert shown["waiting"]["why"] == "person"
    assert [one["to_status"] for one in shown["events"]] == ["pending", "sending", "rejected"]
    assert shown["document"].startswith("***.")
    lines = done(environ, "show", first)
    assert lines[0].split() == ["id", first]
    assert any(line.startswith("ATTEMPT  BY") for line in lines)
    assert any(line.startswith("EVENT  AT") for line in lines)
    assert done(environ, "resend", "NF-1", *SIGNED) == [f"{first} will be sent again"]

    other = a_sale_of(dsn, 2, "NF-2")
    several = refused(environ, "resolve", "NF-2", "applied", *SIGNED)
    assert "error: 2 sales have the sale_id NF-2, say an id: " in several
    assert f" {second} of demo, in_doubt, accepted 20" in several
    assert f"{other} of other, rejected, accepted 20" in several
    assert statuses(dsn) == {first: "pending", second: "in_doubt", other: "rejected"}
    assert "there is no cashback NF-3" in refused(environ, "show", "NF-3")
    nobody = str(uuid4())
    assert f"there is no cashback {nobody}" in refused(environ, "show", nobody)


def test_many_are_cancelled_and_resolved_as_counted(
    dsn: str, environ: dict[str, str], tmp_path: Path
) -> None:
    ids = cashbacks(dsn, REFUSED, REFUSED, UNANSWERED, UNANSWERED, UNANSWERED)
    chosen = ("cancel-many", "--status", "rejected", "--answered", "422", "--why", "refused it")
    sure = expecting(environ, *chosen)
    assert done(environ, *chosen)[2:] == [
        "2 cashbacks, 10.00 in all",
        f"Nothing was done: --expect {sure[-1]} ends them unpaid.",
    ]
    later = ("cancel-many", "--status", "rejected", "--accepted-from", "2100-01-01 00:00:00")
    assert done(environ, *later)[0].startswith("0 cashbacks")
    cancelled = done(environ, *sure, *SIGNED)
    assert cancelled[-1] == "2 cashbacks, 10.00 in all: are cancelled"
    two = ("resolve-many", "applied", "--id", ids[2], "--id", ids[0], "--id", ids[3])
    assert done(environ, *two)[1:] == [
        "in_doubt  applied      2     10.00",
        "2 cashbacks, 10.00 in all",
        "1 of the 3 named are not among them.",
        f"Nothing was done: --expect {expecting(environ, *two)[-1]} calls them paid.",
    ]
    applied = done(environ, *expecting(environ, *two), *SIGNED)
    assert applied[-1] == "2 cashbacks, 10.00 in all: are applied"
    (tmp_path / "ids").write_text(f"{ids[4]}\n")
    rest = ("resolve-many", "rejected", "--ids-from", str(tmp_path / "ids"))
    assert told(environ, *rest)["count"] == 1
    assert told(environ, *expecting(environ, *rest), *SIGNED)["done"]
    assert list(statuses(dsn).values()).count("cancelled") == 2
    assert {statuses(dsn)[id_] for id_ in ids[2:4]} == {"applied"}
    assert statuses(dsn)[ids[4]] == "rejected"
    piped = call(("resend-many", "--ids-from", "-"), environ, password=f"{ids[4]}\n\n{ids[0]}\n")
    assert (piped.returncode, piped.stdout.splitlines()[2:4]) == (
        0,
        [
            "1 cashback, 5.00 in all, 1 of them may be paid already",
            "1 of the 2 named are not among them.",
        ],
    )
    endless = call(("resend-many", "--ids-from", "-"), environ, password="NF-1\n" * 5_001)
    assert endless.stderr == "error: 5001 are named, but at most 5000 at once\n"


def test_a_file_of_names_has_one_a_line(dsn: str, environ: dict[str, str], tmp_path: Path) -> None:
    first, second = cashbacks(dsn, REFUSED, REFUSED)
    names = tmp_path / "names"
    names.write_bytes(f"\ufeff{first}\r\n\r\n  {second}\t\r\n".encode())
    many = ("cancel-many", "--ids-from")
    assert told(environ, *many, str(names))["count"] == 2
    names.write_text(f"{first}\n\n{second} {first}\n")
    assert f"{names}, line 3: neither an id" in refused(environ, *many, str(names))
    names.write_text(f"-5 {first}\n")
    assert f"{names}, line 1: neither" in refused(environ, *many, str(names))
    piped = call((*many, "-"), environ, password=f"{first}\n{first}\x0b{second}\n")
    assert piped.returncode == 1
    assert piped.stderr.startswith("error: standard input, line 2: neither")


@pytest.mark.parametrize(
    "words",
    [
        *[
            ("cancel-many", "--status", "rejected", option, "")
            for option in (
                *("--why", "--answered", "--document", "--merchant", "--id", "--ids-from"),
                *("--accepted-from", "--accepted-to", "--sold-from", "--sold-to", "--status"),
            )
        ],
        ("cancel-many", "--status", "rejected", "--why", " "),
        ("cancel-many", "--status", "rejected", "--why="),
        ("open", "--merchant", ""),
        ("open", "--status", ""),
        ("equals", "--outcome", ""),
        ("by-rate", "", "1", "--merchant", "demo"),
        ("find", "--merchant", "demo", "--sale-id", ""),
        ("by-rate", "A", "1", "--merchant", ""),
        ("incidents", "--merchant", ""),
        ("incidents", "--class", ""),
        ("clients", "list", "--merchant", ""),
        ("users", "list", "--role", ""),
        ("users", "show", ""),
        ("stops", "list", "--merchant", ""),
        ("stops", "add", "--merchant", "demo", "--type", "", *SIGNED),
        ("--state", "", "open"),
    ],
    ids=" ".join,
)
def test_an_empty_text_is_not_every_one(environ: dict[str, str], words: tuple[str, ...]) -> None:
    finished = run(environ, *words)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert ": error: " in finished.stderr


@pytest.mark.parametrize("word", ["open", "--help"])
def test_who_reads_but_the_first_lines_ends_it_quietly(
    dsn: str, environ: dict[str, str], word: str
) -> None:
    cashbacks(dsn, REFUSED)
    command = [sys.executable, "-m", "cashback_gateway", word]
    reading, writing = os.pipe()
    os.close(reading)  # before anything is written, so that nothing depends on who is quicker
    finished = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, env=environ, timeout=60, check=False
    )
    os.close(writing)
    assert (finished.returncode, finished.stderr) == (0, b"")


def test_an_operators_command_loads_nothing_of_http(environ: dict[str, str]) -> None:
    look = (
        "import sys; from cashback_gateway.commands.cli import main; code = main(['open']);"
        "print([m for m in sys.modules if m in ('litestar', 'uvicorn', 'jwt', 'argon2')"
        " or m.startswith('adapters.http')], code)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", look],
        capture_output=True,
        text=True,
        env=environ,
        timeout=60,
        check=False,
    )
    assert finished.stdout.splitlines()[-1] == "[] 0", finished.stderr


def test_the_sender_is_paused_and_released(environ: dict[str, str]) -> None:
    assert done(environ, "sender", "status") == ["the sender is not paused"]
    assert "not paused" in refused(environ, "sender", "release", *SIGNED)
    done(environ, "sender", "pause", "--reason", "their request", "--as", "ana")
    (paused,) = done(environ, "sender", "status")
    assert paused.endswith("Z by ana: their request")
    assert told(environ, "sender", "status")["by"] == "ana"
    again = refused(environ, "sender", "pause", *SIGNED)
    assert "paused already, by ana: their request" in again
    done(environ, "sender", "release", *SIGNED)
    assert done(environ, "sender", "status") == ["the sender is not paused"]


@pytest.mark.parametrize(
    "words",
    [
        ("resend", "one two", *SIGNED),
        ("resend", str(uuid4()), "--as", "ana"),
        ("resend", str(uuid4()), "--reason", "x"),
        ("resend", str(uuid4()), "--reason", " ", "--as", "ana"),
        ("resend", str(uuid4()), "--reason", "x", "--as", ""),
        ("resolve", str(uuid4()), "pending", *SIGNED),
        ("take-back", str(uuid4()), "--reason", "x"),
        ("incidents", "--class", "lost"),
        ("explain", str(uuid4()), *SIGNED),
        ("explain", str(uuid4()), "--foreign", "--known-absent", *SIGNED),
        ("explain", str(uuid4()), "--ours", "1 2", *SIGNED),
        ("explain", str(uuid4()), "--foreign", "--as", "ana"),
        ("explain", str(uuid4()), "--foreign", "--as", "ana", "--reason", "of 52998224725"),
        ("cancel-many", "--status", "in_doubt"),
        ("resolve-many",),
        ("cancel-many",),
        ("cancel-many", "--expect", "17:5.00:3fa1c2d0", "--status", "held"),
        ("cancel-many", "--expect", "17:5.00:3fa1c2d0", "--status", "held", "--as", "ana"),
        ("cancel-many", "--expect", "17:5.00", "--status", "held", *SIGNED),
        ("resend-many", "--id", "one two"),
        ("show",),
        ("resend-many", "--status", "pending"),
        ("resend-many", "--status", "held", "--expect", "-1"),
        ("resend-many", "--status", "held", "--document", "1"),
        ("resend-many", "--status", "held", "--sold-to", "today"),
        ("open", "--status", "applied"),
        ("open", "--limit", "x"),
        ("sender",),
        ("sender", "pause", "--reason", "x"),
    ],
)
def test_what_makes_no_sense_is_wrong_use(words: tuple[str, ...]) -> None:
    finished = run({"PYTHONPATH": SRC, "PATH": os.environ["PATH"]}, *words)
    assert finished.returncode == 2
    usage, error = finished.stderr.splitlines()
    assert usage.startswith("usage: cashback")
    assert ": error: " in error


@pytest.fixture
def provider() -> Iterator[socket.socket]:
    """Somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def doctor(environ: dict[str, str]) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and each check's level and words by its name."""
    finished = run(environ, "doctor")
    assert finished.stderr == ""
    checks: dict[str, tuple[str, str]] = {}
    for line in finished.stdout.splitlines():
        level, name_and_words = line.split(maxsplit=1)
        name, words = name_and_words.split(": ", 1)
        checks[name] = (level, words)
    return finished.returncode, checks


def test_the_doctor_finds_a_fresh_system_well(
    environ: dict[str, str], provider: socket.socket, tmp_path: Path
) -> None:
    environ["CASHBACK_PROVIDER_URL"] = f"http://127.0.0.1:{provider.getsockname()[1]}"
    environ["CASHBACK_DATABASE_STATE_FILE"] = str(tmp_path / "state.json")
    environ["CASHBACK_ERASURE_KEY"] = ERASURE_KEY
    code, checks = doctor(environ)
    assert code == 1, "nobody works"
    levels = {name: level for name, (level, _) in checks.items()}
    assert levels == {
        **dict.fromkeys(
            (
                "database",
                "durability",
                "time limits",
                "clock",
                "client clocks",
                "collations",
                "migrations",
                "roles",
                "temporary tables",
                "sender",
                "backlog",
                "oldest open",
                "incidents",
                "statement incidents",
                "reconciliation",
                "doubts",
                "state file",
                "provider",
                "provider's pace",
                "credentials",
                "erasure key",
                "time zones",
                "logins",
                "brakes' lock",
                "reporting",
                "readers",
                "cases",
                "day files",
                "webhooks",
                "closed days",
                "provider's ledger",
            ),
            "ok",
        ),
        "workers": "fail",
    }
    assert "start a worker" in checks["workers"][1]
    connection, _ = provider.accept()
    with connection:
        connection.settimeout(5)
        assert connection.recv(1) == b"", "connected to, and asked for nothing"


def test_the_doctor_says_what_to_do_about_what_waits(dsn: str, environ: dict[str, str]) -> None:
    (doubtful, *_) = cashbacks(dsn, UNANSWERED, REFUSED, NOTHING_SENT)
    done(environ, "sender", "pause", "--reason", "their request", "--as", "ana")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into incidents (merchant_id, cashback_id, attempt, what)"
            " values (1, %s, 1, '201 for another amount')",
            [doubtful],
        )
        an_incident(connection, "unknown_here")
        connection.execute(
            "insert into reconciliations (reconciliation_id, kind, asked_since, started_at,"
            " ended_at, distrust, distrusted_since) values (gen_random_uuid(), 'open', now(),"
            " now(), now(), '1 lines cannot be read', now() - interval '1 day')"
        )
    _, checks = doctor(environ)
    assert {name for name, (level, _) in checks.items() if level == "fail"} <= {
        "workers",
        "provider",
    }, "a person is needed, nothing else is broken"
    assert checks["statement incidents"] == (
        "warn",
        "1 unknown_here, 5.00; `./cashback incidents` lists them",
    )
    assert checks["reconciliation (open)"][0] == "warn"
    assert ": 1 lines cannot be read; no doubt" in checks["reconciliation (open)"][1]
    assert checks["doubts"][0] == "ok"
    assert checks["sender"][0] == "warn"
    assert "by ana: their request" in checks["sender"][1]
    assert checks["backlog"][0] == "warn"
    assert checks["backlog"][1].startswith("1 pending, 1 rejected, 1 in_doubt; `./cashback open`")
    assert f"{doubtful}: 201 for another amount" in checks["incidents"][1]
    assert checks["oldest open"][0] == "ok"
    assert checks["provider"] == (
        "warn",
        "CASHBACK_PROVIDER_URL is not set here; run this with the worker's settings",
    )


def test_the_doctor_fails_when_due_cashbacks_wait_and_nobody_listens(
    dsn: str, environ: dict[str, str]
) -> None:
    cashbacks(dsn, NOTHING_SENT)
    with psycopg.connect(dsn) as connection:
        connection.execute("update cashbacks set due_at = now() - interval '5 minutes'")
    code, checks = doctor(environ)
    assert (code, checks["workers"][0]) == (1, "fail")
    assert "waits for 0:05:0" in checks["workers"][1]


def test_the_doctor_fails_for_a_provider_that_nobody_can_reach(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    environ["CASHBACK_PROVIDER_URL"] = f"http://127.0.0.1:{port}"
    code, checks = doctor(environ)
    assert (code, checks["provider"][0]) == (1, "fail")
    assert "refused" in checks["provider"][1]


def test_the_doctor_asks_for_migrations_before_it_looks_further(
    postgres_server: EmbeddedPostgres, environ: dict[str, str]
) -> None:
    environ["DATABASE_URL"] = postgres_server.create_database("unmigrated")
    code, checks = doctor(environ)
    assert (code, checks["migrations"][0]) == (1, "fail")
    assert "0001_roles.sql" in checks["migrations"][1]
    assert "./cashback migrate" in checks["migrations"][1]
    assert "backlog" not in checks
    postgres_server.drop_database("unmigrated")


def test_the_doctor_fails_without_a_database_and_shows_no_password(
    environ: dict[str, str], tmp_path: Path
) -> None:
    environ["DATABASE_URL"] = f"postgresql://me:hidden@/x?host={tmp_path}"
    code, checks = doctor(environ)
    assert (code, checks["database"][0]) == (1, "fail")
    assert "hidden" not in str(checks)


def test_the_doctor_fails_when_an_acknowledged_sale_could_be_lost(
    dsn: str, environ: dict[str, str]
) -> None:
    environ["DATABASE_URL"] = f"{dsn}{'&' if '?' in dsn else '?'}options=-csynchronous_commit%3Doff"
    code, checks = doctor(environ)
    assert (code, checks["durability"][0]) == (1, "fail")
    assert "turn on synchronous_commit" in checks["durability"][1]


def test_a_sale_as_its_till_printed_it_is_shown_with_its_explanation(
    dsn: str, environ: dict[str, str]
) -> None:
    async def sell() -> None:
        async with Database(dsn) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            sale = replace(
                a_sale(sale_id="NF-7"),
                payments=(Payment(kind=PaymentKind.PIX, value_centavos=10_000),),
                place=Place(store="12", till="3"),
                cashier="ANA",
                metadata=(("order", "8812"),),
            )
            await accepted(store, submitted(sale))

    asyncio.run(sell())
    shown = told(environ, "show", "NF-7")
    assert (shown["store"], shown["till"], shown["series"]) == ("12", "3", None)
    assert (shown["cashier"], shown["metadata"]) == ("ANA", {"order": "8812"})
    assert shown["payments"] == [{"kind": "pix", "value": "100.00"}]
    (line,) = shown["products"]
    assert (line["amount"], line["difference"], line["excluded"]) == ("100.00", "0.00", False)
    assert [step["code"] for step in shown["explanation"]] == ["amount", "rate", "sum"]
    lines = done(environ, "show", "NF-7")
    assert "metadata         order=8812" in lines
    assert "payments         pix 100.00" in lines
    assert lines[-1] == f"/: {shown['explanation'][-1]['text']}"
