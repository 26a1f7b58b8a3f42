"""`merchants` and `clients` on a migrated database."""

from __future__ import annotations

import asyncio
import getpass
import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.postgres.connection.database import Database
from adapters.postgres.identity.identities import PostgresIdentities
from integration.administering import PASSWORD
from integration.command_line import call

if TYPE_CHECKING:
    from cashback_core.people.callers import Owned


def found(dsn: str, client_id: str, secret: str) -> Owned | None:
    async def ask() -> Owned | None:
        async with Database(dsn) as database:
            return await PostgresIdentities(database).find_client(client_id, secret=secret)

    return asyncio.run(ask())


def add_client(environ: dict[str, str], name: str) -> tuple[str, str]:
    """The id and the secret of a new client of merchant demo."""
    done = call(f"clients add {name} --merchant demo", environ)
    assert done.returncode == 0, done.stderr
    told, secret = done.stdout.splitlines()
    return told.split()[1], secret


def test_a_merchant_is_added_with_its_terms(environ: dict[str, str]) -> None:
    words = "merchants add loja-1 --name Lojinha --zone America/Manaus --rounding half_up"
    added = call(words, environ)
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
    again = call(words, environ)
    assert (again.returncode, again.stderr) == (
        1,
        "error: the slug of merchant 'loja-1' is taken\n",
    )


def test_a_merchant_is_added_as_its_tills_print(environ: dict[str, str]) -> None:
    words = (
        "merchants add loja-2 --name Lojas --line-rounding down --line-tolerance-centavos 1"
        " --sale-tolerance-centavos 2 --surcharge-earns --company-buyers pay"
        " --foreign-buyers record --nobody-buyers record --confirm-within-h 2"
        " --max-ahead-s 60 --numbers store"
    )
    assert call(words, environ).returncode == 0
    shown = json.loads(call("merchants show loja-2 --json", environ).stdout)
    told = {
        "line_rounding": "down",
        "line_tolerance_centavos": 1,
        "sale_tolerance_centavos": 2,
        "surcharge_earns": True,
        "company_buyers": "pay",
        "foreign_buyers": "record",
        "nobody_buyers": "record",
        "confirm_within_h": 2,
        "max_ahead_s": 60,
        "numbers": "store",
    }
    assert {name: shown[name] for name in told} == told


def test_a_product_type_is_added_without_a_rate_that_pays(environ: dict[str, str]) -> None:
    added = call("product-types add TOBACCO --merchant demo --excluded", environ)
    assert (added.returncode, added.stdout) == (
        0,
        "product type TOBACCO of merchant demo is excluded: it earns nothing\n",
    )
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "select rate_bp, excluded from rates where merchant_id = 1 and type = 'TOBACCO'"
        ).fetchall()
    assert rows == [(0, True)]


def test_a_product_type_is_added_with_its_first_rate(environ: dict[str, str]) -> None:
    words = "product-types add Z --merchant demo --rate-bp 250 --name Adegas"
    added = call(words, environ)
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
    again = call(words, environ)
    assert (again.returncode, again.stderr) == (1, "error: the type of product type 'Z' is taken\n")


def test_a_client_gets_in_with_the_secret_on_the_last_line(environ: dict[str, str]) -> None:
    dsn = environ["DATABASE_URL"]
    id_, first = add_client(environ, "till")
    owned = found(dsn, id_, first)
    assert owned is not None
    assert (owned.merchant_id, owned.role) == (1, "erp")
    rotated = call(f"clients rotate {id_} --overlap 60", environ)
    second = rotated.stdout.splitlines()[-1]
    assert found(dsn, id_, first) is not None
    assert found(dsn, id_, second) is not None
    refused = call(f"clients rotate {id_}", environ)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Two secrets of this client are good" in refused.stderr
    assert call(f"clients end-secret {id_} 1", environ).returncode == 0
    assert found(dsn, id_, first) is None
    assert found(dsn, id_, second) is not None


def test_a_client_is_put_into_another_s_group_and_back(environ: dict[str, str]) -> None:
    dsn = environ["DATABASE_URL"]
    first, _ = add_client(environ, "shop")
    second, secret = add_client(environ, f"shop2 --group {first}")
    for group, told in ((second, "its own group"), (first, f"the group of {first}")):
        done = call(f"clients group {second} {group}", environ)
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
    refused = call(f"clients group {second} cli_0000000000000000000000", environ)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no such API client" in refused.stderr


def test_merchants_users_and_clients_are_listed_shown_and_disabled(
    environ: dict[str, str],
) -> None:
    client, _ = add_client(environ, "kiosk")
    call("merchants add kiosks --name Kiosks", environ)
    call("users add zoe --merchant kiosks --role analyst", environ, password=PASSWORD)
    for group, key, name, further in (
        ("merchants", "slug", "kiosks", ""),
        ("users", "username", "zoe", " --merchant kiosks --role analyst"),
        ("clients", "id", client, " --merchant demo"),
    ):
        listed = call(f"{group} list{further}", environ).stdout.splitlines()
        assert listed[0].split()[0] == key.upper()
        assert name in [line.split()[0] for line in listed]
        cut = json.loads(call(f"{group} list --limit 0 --json", environ).stdout)
        assert (cut["items"], cut["more"]) == ([], True)
        whole = json.loads(call(f"{group} list --json", environ).stdout)
        assert len(whole["items"]) == whole["total"] == cut["total"] > 0
        assert json.loads(call(f"{group} show {name} --json", environ).stdout)[key] == name
        assert call(f"{group} show {name}", environ).stdout.splitlines()[0].split()[1] == name
        disabled = call(f"{group} disable {name}", environ)
        assert (disabled.returncode, disabled.stderr) == (0, "")
        assert f"{name} is disabled: " in disabled.stdout
        shown = json.loads(call(f"{group} list --disabled --json", environ).stdout)["items"]
        assert [one[key] for one in shown] == [name]
        assert shown[0]["disabled_at"] is not None
        assert f"{name} is enabled" in call(f"{group} enable {name}", environ).stdout
        assert not json.loads(call(f"{group} list --disabled --json", environ).stdout)["items"]
        nobody = "nobody" if group != "clients" else "cli_0000000000000000000000"
        for act in ("show", "disable"):
            missing = call(f"{group} {act} {nobody}", environ)
            assert (missing.returncode, missing.stdout) == (1, "")
            assert missing.stderr == f"error: there is no {group[:-1]} '{nobody}'\n"


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
    done = call(words, environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("merchants add Loja --name x", "it is no slug"),
        ("merchants add loja --name x --zone Mars/Olympus", "no time zone"),
        ("merchants add loja --name x --rounding up", "Choose from"),
        ("merchants add loja --name x --max-sale-age-days 0", "not a whole number, 1 to"),
        ("merchants add loja --name x --nobody-buyers pay", "Choose from"),
        ("merchants add loja --name x --numbers till", "Choose from"),
        ("merchants add loja --name x --max-ahead-s 86401", "not a whole number, 0 to 86400"),
        ("merchants add loja", "--name"),
        ("users add bia --merchant demo --role boss", "Choose from"),
        ("users add bia --merchant Demo --role erp", "it is no slug"),
        ("users add bia --role admin", "platform without a merchant"),
        ("users add bia --merchant demo --role platform", "platform without a merchant"),
        ("users add Bia! --merchant demo --role erp", "username: "),
        ("clients add x --merchant demo --role admin", "Choose from"),
        ("clients group cli_0000000000000000000000 mine", "it is no client's id"),
        ("product-types add x/y --merchant demo --rate-bp 1", "it is no product type"),
        ("product-types add x --merchant demo --rate-bp 10001", "not a whole number, 0 to"),
        ("product-types add x --merchant demo", "either --rate-bp or --excluded"),
        ("product-types add x --merchant demo --rate-bp 0 --excluded", "either --rate-bp or"),
        ("clients add x", "--merchant"),
        ("clients rotate x --overlap 604801", "not a whole number, 0 to 604800"),
        ("clients end-secret x 0", "not a whole number, 1 to"),
    ],
)
def test_wrong_words_are_told_before_anything_is_done(
    environ: dict[str, str], words: str, told: str
) -> None:
    done = call(words, environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
