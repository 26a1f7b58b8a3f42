"""A day on three sides from the command line, its totals and differences."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg

from integration.command_line import call
from integration.reconciliation.days_of_three import a_world, store
from integration.running import ERASURE_KEY

if TYPE_CHECKING:
    import subprocess


def reconcile(dsn: str, words: str) -> subprocess.CompletedProcess[str]:
    environ = {"DATABASE_URL": dsn, "CASHBACK_ERASURE_KEY": ERASURE_KEY}
    return call(f"reconcile {words}", environ)


def test_a_day_is_told_as_a_table_and_as_json_and_its_sides_add_up(dsn: str) -> None:
    world = a_world(2, echoes=True)
    assert world.sales
    with psycopg.connect(dsn) as connection:
        erp, statement = store(connection, world)
    day = f"--day 2026-11-20 --merchant demo --file {erp}"
    told = reconcile(dsn, f"{day} --statement {statement} --json")
    assert told.returncode == 0, told.stderr
    document = json.loads(told.stdout)
    assert sum(cell["lines"] for cell in document["items"]) == len(world.erp)
    assert document["line_centavos"] == sum(line.total_centavos or 0 for line in world.erp)
    assert document["source"] == "statement"
    table = reconcile(dsn, day)
    assert table.returncode == 0, table.stderr
    assert f"in all: {len(world.erp)} lines of " in table.stdout
    assert "differences: " in table.stdout
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select run_by from three_side_runs").fetchall()
    assert len(rows) == 2
    assert all(by.startswith("cli:") for (by,) in rows)


def test_what_cannot_be_reconciled_is_said(dsn: str) -> None:
    for words, why in (
        ("--day 2026-11-20 --merchant demo", "there is no whole file of that day"),
        ("--day 2026-11-20", "--day with --merchant"),
        ("", "--from asks the provider"),
    ):
        told = reconcile(dsn, words)
        assert told.returncode != 0
        assert why in told.stderr, words
    world = replace(a_world(2, echoes=True), statement=[])
    with psycopg.connect(dsn) as connection:
        erp, _ = store(connection, world)
    told = reconcile(dsn, f"--day 2026-11-20 --merchant demo --statement {erp}")
    assert told.returncode != 0
    assert "no whole statement of that id" in told.stderr
