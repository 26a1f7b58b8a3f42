"""From sales to what another party verifies: `close`, `closes export`, `cashback_core.verify`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from adapters.credentials.signing_key import create_signing_key
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.closing.examination import examine_closing
from adapters.postgres.closing.store import LOCK
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import CREATED, a_cpf, a_sale, ended, leased
from integration.closing.days import forget_close, happened, known_since, renamed
from integration.command_line import SRC, call

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.postgres.connection.database import Database
    from cashback_core.values.documents import Cpf

CPF: Final = a_cpf()


@pytest.fixture
def environ(dsn: str, tmp_path: Path) -> dict[str, str]:
    key = tmp_path / "close_key.pem"
    create_signing_key(key)
    return {
        "PYTHONPATH": SRC,
        "DATABASE_URL": dsn,
        "CASHBACK_CLOSE_KEY_FILE": str(key),
        "CASHBACK_DATABASE_STATE_FILE": str(tmp_path / "state.json"),
    }


@pytest.fixture
async def sold(database: Database, dsn: str) -> Cpf:
    """Merchants known since three days; a sale that was paid two days ago; to whom."""
    known_since(dsn, 3)
    store = PostgresCashbackStore(database, DeliveryPolicy())
    claim = await leased(store, a_sale(document=CPF))
    await store.conclude(ended(claim, CREATED))
    happened(dsn, claim.id, days_ago=2)
    return CPF


def verified(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "cashback_core.verify", *arguments, "--json"],
        capture_output=True, env={"PYTHONPATH": SRC}, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return {"code": done.returncode, **json.loads(done.stdout)}


def told(words: str, environ: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call(f"{words} --json", environ).stdout)
    return found


def test_what_is_closed_and_exported_another_party_verifies(
    sold: Cpf, environ: dict[str, str], tmp_path: Path
) -> None:
    assert told("close --dry-run", environ)["dry_run"] is True
    assert call("closes list", environ).stdout.strip() == "none"
    nothing = call(f"closes export {tmp_path / 'nothing'}", environ)
    assert nothing.stdout.startswith("no day of these is closed")

    closed = told("close", environ)
    assert (closed["behind"], closed["waits"], closed["strange"]) == (0, False, {})
    day = next(one for one in closed["items"] if one["lines"])
    assert (day["owner"], day["paid"], day["owed"]) == ("demo", "5.00", "0.00")
    assert told("close", environ)["items"] == []
    listed = told("closes list --merchant demo", environ)
    assert [one["number"] for one in listed["items"]] == [3, 2, 1]

    folder = tmp_path / "sent"
    assert "3 closes in" in call(f"closes export {folder} --merchant demo", environ).stdout
    assert verified(str(folder))["code"] == 0
    asked = f"closes disclose --merchant demo --day {day['day']} --document {sold}"
    (folder / "disclosure.json").write_text(call(asked, environ).stdout)
    assert [one["lines"] for one in verified(str(folder))["persons"]] == [3]
    (folder / "disclosure.json").unlink()
    lines = folder / f"lines-demo-{day['day']}.jsonl"
    lines.write_bytes(lines.read_bytes().replace(b'"centavos":500', b'"centavos":501'))
    assert verified(str(folder))["code"] == 1
    assert call(f"closes export {folder}", environ).returncode == 0
    assert verified(str(folder))["code"] == 0


@pytest.mark.usefixtures("sold")
def test_a_database_that_forgot_closes_is_closed_no_further_until_somebody_says_so(
    environ: dict[str, str], dsn: str
) -> None:
    call("close", environ)
    forget_close(dsn, 3)
    refused = call("close", environ)
    assert refused.returncode == 1
    assert "demo is closed no further: close 3 was seen" in refused.stdout
    state = examine_closing(dsn)  # as doctor tells
    assert state is not None
    assert "close 3 was seen" in state.troubles["demo"]
    assert call("closes resume --merchant demo", environ).returncode == 0
    assert call("closes resume --account", environ).returncode == 0
    again = told("close", environ)
    assert [one["owner"] for one in again["items"]].count("demo") == 1
    assert again["strange"] == {}
    state = examine_closing(dsn)
    assert state is not None
    assert state.troubles == {}
    assert state.told_at is not None


@pytest.mark.usefixtures("sold")
def test_a_person_waits_for_a_worker_that_closes(environ: dict[str, str], dsn: str) -> None:
    """`close` asks every second: it has its turn when the worker's connection is gone."""
    with psycopg.connect(dsn, autocommit=True) as worker:
        worker.execute("select pg_advisory_lock(%s)", [LOCK])
        asked = subprocess.Popen(
            [sys.executable, "-m", "cashback_gateway", "close", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **environ},
        )  # fmt: skip
        assert asked.stderr is not None
        assert "a worker closes at this moment: waiting for it" in asked.stderr.readline()
    told, _ = asked.communicate(timeout=30)
    assert (asked.returncode, json.loads(told)["behind"]) == (0, 0)


def test_without_a_key_nothing_is_closed(environ: dict[str, str]) -> None:
    del environ["CASHBACK_CLOSE_KEY_FILE"]
    refused = call("close", environ)
    assert refused.returncode == 1
    assert "CASHBACK_CLOSE_KEY_FILE" in refused.stderr


@pytest.mark.usefixtures("sold")
def test_a_merchant_called_account_is_exported_beside_the_account(
    environ: dict[str, str], dsn: str, tmp_path: Path
) -> None:
    renamed(dsn, "demo", "account")
    call("close", environ)
    sent = call(f"closes export {tmp_path / 'sent'}", environ).stdout
    (key,) = json.loads((tmp_path / "sent" / "keys.json").read_bytes())["keys"]
    assert f"--key {key['id']}\nTell the other party" in sent
    told = verified(str(tmp_path / "sent"), "--key", key["id"])
    assert (told["code"], told["keys_trusted"]) == (0, "stated")
    assert [chain["owner"] for chain in told["chains"]][:2] == [None, "account"]
