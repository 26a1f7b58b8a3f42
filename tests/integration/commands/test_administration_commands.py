"""`merchants` and `clients` on a migrated database, each as a process of its own."""

from __future__ import annotations

import asyncio
import getpass
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.connection.database import Database
from adapters.postgres.identity.identities import PostgresIdentities
from integration.command_line import run

if TYPE_CHECKING:
    from cashback_core.people.callers import Owned


def found(dsn: str, client_id: str, secret: str) -> Owned | None:
    async def ask() -> Owned | None:
        async with Database(dsn) as database:
            return await PostgresIdentities(database).find_client(client_id, secret=secret)

    return asyncio.run(ask())


def add_client(environ: dict[str, str], name: str) -> tuple[str, str]:
    """The id and the secret of a new client of merchant demo."""
    done = run(f"clients add {name} --merchant demo", environ)
    assert done.returncode == 0, done.stderr
    told, secret = done.stdout.splitlines()
    return told.split()[1], secret


def test_a_merchant_is_added_with_its_terms(environ: dict[str, str]) -> None:
    words = "merchants add loja-1 --name Lojinha --zone America/Manaus --rounding half_up"
    added = run(words, environ)
    assert (added.returncode, added.stdout) == (0, "merchant loja-1 is there\n")
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "select name, zone, rounding, max_sale_age_days from merchants where slug = 'loja-1'"
        ).fetchall()
        trail = connection.execute(
            "select actor, action from audit where resource = 'merchants' and key = 'loja-1'"
        ).fetchall()
    assert rows == [("Lojinha", "America/Manaus", "half_up", 30)]
    assert trail == [(f"cli:{getpass.getuser()}", "insert")]
    again = run(words, environ)
    assert (again.returncode, again.stderr) == (
        1,
        "error: the slug of merchant 'loja-1' is taken\n",
    )


def test_a_product_type_is_added_with_its_first_rate(environ: dict[str, str]) -> None:
    words = "product-types add Z --merchant demo --rate-bp 250 --name Adegas"
    added = run(words, environ)
    assert (added.returncode, added.stdout) == (0, "product type Z of merchant demo pays 250 bp\n")
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "select t.name, r.rate_bp, r.version, r.starts_at < '2000-01-02'"
            " from product_types as t join rates as r using (merchant_id, type)"
            " where merchant_id = 1 and type = 'Z'"
        ).fetchall()
        actors = connection.execute(
            "select distinct actor, merchant_id from audit where resource = 'product_types'"
            " and key like '%Z'"
        ).fetchall()
    assert rows == [("Adegas", 250, 1, True)]
    assert actors == [(f"cli:{getpass.getuser()}", 1)]
    again = run(words, environ)
    assert (again.returncode, again.stderr) == (1, "error: the type of product type 'Z' is taken\n")


def test_a_client_gets_in_with_the_secret_on_the_last_line(environ: dict[str, str]) -> None:
    dsn = environ["DATABASE_URL"]
    id_, first = add_client(environ, "till")
    owned = found(dsn, id_, first)
    assert owned is not None
    assert (owned.merchant_id, owned.role) == (1, "erp")
    rotated = run(f"clients rotate {id_} --overlap 60", environ)
    second = rotated.stdout.splitlines()[-1]
    assert found(dsn, id_, first) is not None
    assert found(dsn, id_, second) is not None
    refused = run(f"clients rotate {id_}", environ)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Two secrets of this client are good" in refused.stderr
    assert run(f"clients end-secret {id_} 1", environ).returncode == 0
    assert found(dsn, id_, first) is None
    assert found(dsn, id_, second) is not None


def test_a_client_is_put_into_another_s_group_and_back(environ: dict[str, str]) -> None:
    dsn = environ["DATABASE_URL"]
    first, _ = add_client(environ, "shop")
    second, secret = add_client(environ, f"shop2 --group {first}")
    for group, told in ((second, "its own group"), (first, f"the group of {first}")):
        done = run(f"clients group {second} {group}", environ)
        assert (done.returncode, done.stdout) == (0, f"client '{second}' is in {told}\n")
        owned = found(dsn, second, secret)
        assert owned is not None
        assert owned.group == f"client:{group}"
    with psycopg.connect(dsn) as connection:
        trail = connection.execute(
            "select actor, before, after from audit where key = %s and action = 'update'"
            " order by audit_id",
            [second],
        ).fetchall()
    me = f"cli:{getpass.getuser()}"
    assert trail == [
        (me, {"group_id": first}, {"group_id": None}),
        (me, {"group_id": None}, {"group_id": first}),
    ]
    refused = run(f"clients group {second} cli_0000000000000000000000", environ)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no such API client" in refused.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("clients add till2 --merchant nobody", "There is no such merchant."),
        ("product-types add Y --merchant nobody --rate-bp 1", "there is no merchant 'nobody'"),
        ("clients rotate cli_0000000000000000000000", "there is no client"),
        (
            "clients group cli_0000000000000000000000 cli_0000000000000000000000",
            "there is no client",
        ),
        ("clients end-secret cli_0000000000000000000000 1", "there is no secret 1 of client"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    environ: dict[str, str], words: str, told: str
) -> None:
    done = run(words, environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("merchants add Loja --name x", "is no slug"),
        ("merchants add loja --name x --zone Mars/Olympus", "no time zone"),
        ("merchants add loja --name x --rounding up", "invalid choice"),
        ("merchants add loja --name x --max-sale-age-days 0", "not a whole number, 1 to"),
        ("merchants add loja", "--name"),
        ("clients add x --merchant demo --role admin", "invalid choice"),
        ("clients group cli_0000000000000000000000 mine", "is no client's id"),
        ("product-types add x/y --merchant demo --rate-bp 1", "is no product type"),
        ("product-types add x --merchant demo --rate-bp 10001", "not a whole number, 0 to"),
        ("clients add x", "--merchant"),
        ("clients rotate x --overlap 604801", "not a whole number, 0 to 604800"),
        ("clients end-secret x 0", "not a whole number, 1 to"),
    ],
)
def test_wrong_words_are_told_before_anything_is_done(
    environ: dict[str, str], words: str, told: str
) -> None:
    done = run(words, environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
