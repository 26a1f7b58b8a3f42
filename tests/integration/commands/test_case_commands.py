"""Cases, and files of what became of many, on the command line and a migrated database."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.reconciliation import FindingClass
from cashback_core.reconciliation.incidents import StatementIncident
from cashback_core.values.ids import new_id
from contract.builders import UNANSWERED, a_sale, ended, leased, seen
from integration.command_line import SRC, Terminal, call
from integration.kept_differences import a_difference, keep_difference
from integration.kept_incidents import keep

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from cashback_core.delivery.evidence import Evidence

AT: Final = datetime(2026, 6, 15, 15, 0, 0, tzinfo=UTC)


@pytest.fixture
def environ(dsn: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if "CASHBACK" not in k}
    return {**kept, "PYTHONPATH": SRC, "DATABASE_URL": dsn}


def run(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return call(words, environ)


def done(environ: dict[str, str], *words: str) -> str:
    finished = run(environ, *words)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def told(environ: dict[str, str], *words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(done(environ, *words, "--json"))
    return document


def refused(environ: dict[str, str], *words: str) -> str:
    finished = run(environ, *words)
    assert finished.returncode == 1, finished.stdout
    assert finished.stderr.startswith("error: ")
    return finished.stderr


def an_incident(dsn: str) -> str:
    incident = StatementIncident(
        id=new_id(),
        cls=FindingClass.UNKNOWN_HERE,
        merchant=None,
        cashback_id=None,
        document=None,
        centavos=777,
        line=7,
        line_key=new_id().hex,
        credited_at=AT,
        reference=None,
        why="no cashback explains it",
        opened_at=AT,
        statement_at=AT,
    )
    keep(dsn, incident, None)
    return str(incident.id)


def differing(dsn: str) -> str:
    one = a_difference()
    keep_difference(dsn, one)
    return str(one.case.id)


def sales(dsn: str, *numbered: tuple[str, Evidence]) -> dict[str, str]:
    """The ids of cashbacks of 5.00 by their sales' numbers."""

    async def make() -> dict[str, str]:
        async with Database(dsn) as database:
            store = PostgresCashbackStore(database, DeliveryPolicy())
            ids: dict[str, str] = {}
            for number, evidence in numbered:
                claim = await leased(store, a_sale(sale_id=number))
                await store.conclude(ended(claim, evidence))
                ids[number] = str(claim.id)
            return ids

    return asyncio.run(make())


def statuses(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select cashback_id::text, status from cashbacks").fetchall()
    return dict(rows)


def test_a_case_goes_from_hand_to_hand(dsn: str, environ: dict[str, str]) -> None:
    assert done(environ, "cases", "list") == "nothing needs anybody\n"
    incident, difference = an_incident(dsn), differing(dsn)
    listed = done(environ, "cases", "list").splitlines()
    assert listed[-2] == "nobody has 2, 7.82 in all, the oldest of 2026-06-15"
    assert listed[-1].startswith("`cases assign ID --to NAME --as NAME` gives one to somebody")
    assert "the ERP rounds otherwise" in listed[2]
    assert "o ERP arredonda de outro modo" in done(environ, "cases", "list", "--lang", "pt")
    assert {line.split()[0] for line in listed[1:-2]} == {incident, difference}
    assigned = done(
        environ, "cases", "assign", incident, "--to", "bia", "--note", "their campaign?", "--as",
        "ana",
    )  # fmt: skip
    assert "assigned" in assigned
    assert "is bia's: --take-over" in refused(
        environ, "cases", "assign", incident, "--to", "caio", "--as", "caio"
    )
    assert told(environ, "cases", "list", "--assigned-to", "bia")["loads"] == [
        {"assigned_to": "bia", "count": 1, "amount": "7.77", "oldest_since": "2026-06-15T15:00:00Z"}
    ]
    (unassigned,) = told(environ, "cases", "list", "--unassigned")["items"]
    assert (unassigned["id"], unassigned["kind"]) == (difference, "difference")
    done(environ, "cases", "note", incident, "--note", "asked them", "--as", "bia")
    resolved = told(
        environ, "cases", "resolve", incident, "--reason", "they take it back", "--as", "bia"
    )
    assert resolved["state"] == "resolved"
    assert resolved == told(environ, "cases", "show", incident)
    assert [(e["what"], e["by"], e["reason"]) for e in resolved["events"]] == [
        ("assigned", "ana", "their campaign?"),
        ("noted", "bia", "asked them"),
        ("resolved", "bia", "they take it back"),
    ]
    again = ("--reason", "x", "--as", "bia")
    assert "only a note" in refused(environ, "cases", "resolve", incident, *again)
    assert "no incident and no" in refused(environ, "cases", "show", str(new_id()))
    done(environ, "cases", "assign", difference, "--nobody", "--as", "ana")  # it was nobody's
    assert told(environ, "cases", "list", "--all")["total"] == 2
    two = run(environ, "cases", "assign", difference, "--nobody", "--to", "x", "--as", "ana")
    assert two.returncode == 2
    table = done(environ, "differences", "--merchant", "demo", "--day", "2026-06-14")
    assert "5.05" in table
    assert "the ERP rounds otherwise" in table
    assert done(environ, "differences", "--day", "2026-06-15") == "none\n"


def _expected(environ: dict[str, str], file: Path) -> str:
    """What a list would do now, as it is shown."""
    expect: str = told(environ, "resolve-many", str(file))["expect"]
    return expect


def test_a_case_is_shown_by_what_it_is_about_and_is_worth_the_total_where_no_cashback_is_told(
    dsn: str, environ: dict[str, str]
) -> None:
    difference = differing(dsn)
    assert "no incident and no" in refused(environ, "cases", "show", "NF-9")
    (cashback_id,) = sales(dsn, ("NF-9", UNANSWERED)).values()
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "update differences set cashback_id = %s, erp_centavos = null, our_centavos = null,"
            " erp_total_centavos = 1000, our_total_centavos = 900",
            [cashback_id],
        )
    for name in ("NF-9", cashback_id):
        shown = told(environ, "cases", "show", name)
        assert (shown["id"], shown["amount"]) == (difference, "10.00"), "no cashback is told"
    assert told(environ, "cases", "list", "--min-centavos", "1000")["total"] == 1


def test_a_file_is_shown_and_then_done_as_it_was_shown(
    dsn: str, environ: dict[str, str], tmp_path: Path
) -> None:
    ids = sales(dsn, ("NF-1", UNANSWERED), ("NF-2", UNANSWERED), ("NF-3", seen(422)))
    file, report = tmp_path / "june.csv", tmp_path / "report.csv"
    file.write_text(
        "sale_id;status;evidence\n"
        "NF-1;applied;their mail, page 2\n"
        "NF-2;rejected;their mail, page 3\n"
        "NF-3;applied;their mail, page 3\n"
        "NF-9;applied;their mail, page 4\n"
        "NF-8;applied;cut he"
    )
    expect = _expected(environ, file)
    shown = done(environ, "resolve-many", str(file), "--report", str(report))
    assert shown.splitlines()[-2:] == [
        "june.csv: 5 lines, 2 would move, 10.00 in all; 0 say what is so already, 3 refused",
        f"Nothing was done: --expect {expect} --as NAME does just this.",
    ]
    token = expect.rpartition(":")[2]
    assert "no cashback here is called so" in shown
    assert report.read_text().splitlines() == [
        "line,outcome,id,from,to,cashback,why",
        f"2,moves,{ids['NF-1']},in_doubt,applied,5.00,",
        f"3,moves,{ids['NF-2']},in_doubt,rejected,5.00,",
        f"4,refused,{ids['NF-3']},rejected,,,not_credited_there",
        "5,refused,,,,,unknown",
        "6,refused,,,,,line_cut",
    ]
    assert "cannot be written" in refused(
        environ,
        "resolve-many",
        str(file),
        "--expect",
        expect,
        "--as",
        "ana",
        "--report",
        str(report),
    )
    for other in (f"3:10.00:{token}", f"2:9.99:{token}"):
        assert "now it is 2 worth 10.00 that would move" in refused(
            environ, "resolve-many", str(file), "--expect", other, "--as", "ana"
        )
    assert set(statuses(dsn).values()) == {"in_doubt", "rejected"}
    shown_to_ana = done(environ, "resolve-many", str(file), "--as", "ana")
    assert f"--expect {expect} --as ana does just this" in shown_to_ana
    done(environ, "resolve", "NF-2", "rejected", "--reason", "their mail", "--as", "ana")
    back = ("--accept-risk", "--reason", "it was of another", "--as", "bia")
    done(environ, "take-back", "NF-2", *back)  # as many, worth as much, where it was
    just = ("resolve-many", str(file), "--as", "ana", "--expect")
    assert "some have moved; look again" in refused(environ, *just, expect)
    assert set(statuses(dsn).values()) == {"in_doubt", "rejected"}
    expect = _expected(environ, file)
    acted = run(environ, "resolve-many", str(file), "--expect", expect, "--as", "ana")
    assert (acted.returncode, acted.stderr) == (1, "error: 3 lines were not done\n")
    assert "2 moved, 10.00 in all" in acted.stdout
    assert statuses(dsn) == {
        ids["NF-1"]: "applied", ids["NF-2"]: "rejected", ids["NF-3"]: "rejected",
    }  # fmt: skip
    events = told(environ, "show", "NF-1")["events"]
    assert events[-1]["reason"] == "june.csv, line 2: their mail, page 2"
    assert "--expect" not in done(environ, "resolve-many", str(file))  # nothing is left to do
    again = told(environ, "resolve-many", str(file))
    assert (again["count"], again["already"]) == (0, [2, 3])


def test_at_a_terminal_what_is_shown_is_done_when_its_count_is_typed(
    dsn: str, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = sales(dsn, ("NF-1", UNANSWERED), ("NF-2", UNANSWERED), ("NF-3", UNANSWERED))
    file = tmp_path / "june.csv"
    file.write_text("sale_id;status;evidence\nNF-1;applied;page 2\nNF-2;rejected;page 3\n")
    words = ("resolve-many", str(file), "--as", "ana")
    for typed in ("", "1\n", "y\n"):
        asked = call(words, environ, password=typed, at_terminal=True)
        assert (asked.returncode, "Type 2 to do it" in asked.stdout) == (0, True)
    assert "Type" not in call(words, environ, password="2\n").stdout  # nobody is there
    assert "Type" not in call(words[:2], environ, password="2\n", at_terminal=True).stdout
    read_on: list[None] = []

    def ctrl_c(_: Terminal) -> str:
        signal.raise_signal(signal.SIGINT)
        read_on.append(None)
        return "2\n"

    monkeypatch.setattr(Terminal, "readline", ctrl_c)
    with pytest.raises(SystemExit) as ended_by:
        call(words, environ, at_terminal=True)
    assert (ended_by.value.code, read_on) == (130, []), "it ends at once, not after a line is read"
    monkeypatch.undo()
    assert set(statuses(dsn).values()) == {"in_doubt"}
    done_now = call(words, environ, password="2\n", at_terminal=True)
    assert done_now.stdout.endswith("2 moved, 10.00 in all; 0 say what is so already, 0 refused\n")
    rest = ("resolve-many", "applied", "--id", "NF-3", "--as", "ana", "--reason", "page 4")
    assert call(rest, environ, password="2\n", at_terminal=True).returncode == 0
    assert statuses(dsn)[ids["NF-3"]] == "in_doubt"
    assert call(rest, environ, password="1\n", at_terminal=True).returncode == 0
    assert statuses(dsn) == {
        ids["NF-1"]: "applied", ids["NF-2"]: "rejected", ids["NF-3"]: "applied",
    }  # fmt: skip


def test_each_move_is_an_event_with_its_cause_and_nothing_else_is_written(
    dsn: str, environ: dict[str, str], tmp_path: Path
) -> None:
    ids = sales(dsn, ("NF-1", UNANSWERED), ("NF-2", UNANSWERED))
    difference = differing(dsn)
    with psycopg.connect(dsn) as owner:
        before = _written(owner)
    done(environ, "cases", "assign", difference, "--to", "ana", "--as", "ana")
    done(environ, "cases", "resolve", difference, "--reason", "x", "--as", "ana")
    with psycopg.connect(dsn) as owner:
        assert _written(owner) == before
    file = tmp_path / "june.jsonl"
    file.write_text(
        json.dumps({"id": ids["NF-1"], "status": "applied", "evidence": "line 7"})
        + "\n"
        + '{"id": "x", "id": "y", "status": "applied", "evidence": "line 8"}\n[]\n'
    )
    expected = ("--expect", _expected(environ, file), "--as", "ana", "--merchant", "demo")
    acted = run(environ, "resolve-many", str(file), *expected)
    assert acted.returncode == 1
    assert acted.stdout.count("only id, sale_id, store, status and evidence are told") == 2
    with psycopg.connect(dsn) as owner:
        after = _written(owner)
        (event,) = owner.execute(
            "select cashback_id::text, actor, actor_name, from_status, to_status, reason"
            " from events order by position desc limit 1"
        ).fetchall()
    assert event == (
        ids["NF-1"], "operator", "ana", "in_doubt", "applied", "june.jsonl, line 1: line 7",
    )  # fmt: skip
    assert after["events"] == before["events"] + 1
    assert after["moved"] == before["moved"] + 1
    assert {k: v for k, v in after.items() if k not in {"events", "moved"}} == {
        k: v for k, v in before.items() if k not in {"events", "moved"}
    }


def _written(owner: psycopg.Connection[Any]) -> dict[str, int]:
    """What of money is there: rows by table, and the versions of all cashbacks."""
    counts = {}
    for table in ("sales", "sale_lines", "cashbacks", "events", "attempts"):
        row = owner.execute(f"select count(*) from {table}").fetchone()  # noqa: S608
        assert row is not None
        counts[table] = row[0]
    row = owner.execute("select sum(version), sum(cashback_centavos) from cashbacks").fetchone()
    assert row is not None
    return {**counts, "moved": row[0], "centavos": row[1]}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "sale_id;status\nNF-1;applied\n", "not what it must tell"),
        ("a.csv", "sale_id;status;evidence;amount\n", "a column 'amount'"),
        ("a.csv", "id;id;status;evidence\n", "a column twice"),
        ("a.csv", "id;status;evidence\n", "no line that says anything"),
        ("a.csv", 'id;status;evidence\n"a;b\n', "line"),
        ("52998224725.csv", "id;status;evidence\nx;applied;y\n", "call the file otherwise"),
    ],
)
def test_a_file_that_is_no_list_is_refused(
    environ: dict[str, str], tmp_path: Path, name: str, text: str, words: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert words in refused(environ, "resolve-many", str(file))


def test_what_does_not_go_with_a_file_is_refused(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    for words in (
        (str(file), "--document", "52998224725"),
        (str(file), "--reason", "x"),
        (str(file), "--yes", "--as", "ana"),
        (str(file), "--expect", "2:10.00", "--as", "ana"),
        (str(file), "--expect", "2:10.00:3fa1c2d0"),
        (str(file), "--token", "3fa1c2d0", "--as", "ana"),
        ("applied", "--id", "NF-1", "--report", "x"),
    ):
        assert run(environ, "resolve-many", *words).returncode == 2
    assert "cannot be read" in refused(environ, "resolve-many", str(file))
