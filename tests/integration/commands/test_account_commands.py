"""`users` and `token` on a migrated database."""

from __future__ import annotations

import getpass
from pathlib import Path

import psycopg
import pytest

from adapters.credentials.signing_key import load_signing_key
from adapters.credentials.tokens import JwtTokens
from cashback_core.people.tokens import TokenKind
from integration.administering import PASSWORD
from integration.command_line import call


def test_a_user_that_was_added_gets_a_token_alone_on_the_last_line(environ: dict[str, str]) -> None:
    added = call(
        "users add ana --merchant demo --role erp", environ, password=f"{PASSWORD}\nbattery\n"
    )
    assert added.returncode == 0, added.stderr
    assert "ana may log in for merchant demo as erp" in added.stdout
    issued = call("token ana", environ)
    assert issued.returncode == 0
    tokens = JwtTokens(load_signing_key(Path(environ["CASHBACK_SIGNING_KEY_FILE"])))
    assert (
        tokens.check(issued.stdout.splitlines()[-1], TokenKind.ACCESS).owner.subject == "user:ana"
    )


@pytest.mark.parametrize(
    ("words", "password", "told"),
    [
        ("users add bia --merchant nobody --role erp", PASSWORD, "There is no such merchant."),
        ("keys new /dev/null/key.pem", "", "cannot be made: Not a directory"),
        ("users add bia --merchant demo --role erp", "short", "12 to 128 characters"),
        ("users add bia --merchant demo --role erp", "", "12 to 128 characters"),
        ("users add beatriz --merchant demo --role erp", "eu sou a beatriz", "holds the username"),
        ("users password demo", "senha1234567", "guessed first"),
        ("users password Nobody", PASSWORD, "no user 'Nobody'"),
        ("users password nobody", PASSWORD, "no user 'nobody'"),
        ("token nobody", "", "no user 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    environ: dict[str, str], words: str, password: str, told: str
) -> None:
    done = call(words, environ, password=password)
    assert done.returncode == 1
    assert not done.stdout
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


def test_the_platforms_administrator_has_no_merchant(environ: dict[str, str]) -> None:
    added = call("users add petra --role platform", environ, password=PASSWORD)
    assert "petra may log in for the platform as platform" in added.stdout
    tokens = JwtTokens(load_signing_key(Path(environ["CASHBACK_SIGNING_KEY_FILE"])))
    token = call("token petra", environ).stdout.splitlines()[-1]
    assert tokens.check(token, TokenKind.ACCESS).owner.merchant_id is None


def test_a_new_key_is_told_by_its_id_and_replaces_no_file(
    environ: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "next.pem"
    made = call(f"keys new {path}", environ)
    assert (made.returncode, made.stdout) == (0, f"{load_signing_key(path).id}\n")
    again = call(f"keys new {path}", environ)
    assert (again.returncode, again.stdout) == (1, "")
    assert "File exists" in again.stderr


def test_a_name_is_taken_once(environ: dict[str, str]) -> None:
    words = "users add bento --merchant demo --role operator"
    assert call(words, environ, password=PASSWORD).returncode == 0
    again = call(words, environ, password=PASSWORD)
    assert (again.returncode, again.stderr) == (1, "error: the username of user 'bento' is taken\n")


def test_a_changed_password_ends_the_sessions_and_the_trail_tells_who_did_it(
    environ: dict[str, str],
) -> None:
    added = call("users add caio --merchant demo --role operator", environ, password=PASSWORD)
    assert added.returncode == 0
    assert call("token caio", environ).returncode == 0
    assert call("users password caio", environ, password=f"{PASSWORD} 2").returncode == 0
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        ended = connection.execute(
            "select s.reason from sessions as s join users using (user_id) where username = 'caio'"
        ).fetchall()
        told = connection.execute(
            "select actor, after from audit where key = 'caio' order by audit_id"
        ).fetchall()
    assert ended == [("password_changed",)]
    assert {actor for actor, _ in told} == {f"cli:{getpass.getuser()}"}
    assert told[-1][1] == {"password_hash": "changed"}


def test_a_key_file_that_is_no_key_is_told_without_its_content(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text("hidden")
    call("users add davi --merchant demo --role erp", environ, password=PASSWORD)
    done = call("token davi", environ)
    assert done.returncode == 1
    assert "not an unencrypted private key" in done.stderr
    assert "hidden" not in done.stderr


def test_migrating_twice_finds_nothing_to_do(environ: dict[str, str]) -> None:
    done = call("migrate", environ)
    assert (done.returncode, done.stdout) == (0, "nothing to do: the schema is up to date\n")
