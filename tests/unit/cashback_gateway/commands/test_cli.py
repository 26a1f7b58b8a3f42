from __future__ import annotations

import os
import re
import shlex
from pathlib import Path  # noqa: TC003 (pytest hands them over)
from typing import get_args
from uuid import UUID

import pytest

from cashback_core import __version__
from cashback_core.delivery.states import DONE, Status
from cashback_core.operators.acts import ActKind
from cashback_core.operators.open_cashbacks import MANY
from cashback_core.people.clients import CLIENT_ROLES
from cashback_core.people.roles import Role
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.sales.same_sale import EqualContent, EqualOutcome
from cashback_core.values.names import NameDifference
from cashback_core.values.rounding import Rounding
from cashback_gateway.commands import cashbacks, clients, many, users
from cashback_gateway.commands.cli import main, make_app
from cashback_gateway.commands.command_table import COMMANDS, GROUPS


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CASHBACK_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


def test_where_to_go_on_from_is_one_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["changes", "--help"]) == 0
    told = capsys.readouterr().out
    assert "--after" in told
    assert "--after." not in told


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["token"],
        ["users"],
        ["users", "add", "x"],
        ["migrate", "--api-login", "api"],
        ["migrate", "--api-password-file", "api_password"],
        ["secrets", "check", ""],
        ["keys", "new", ""],
        ["sandbox", "--port", "0"],
        ["sandbox", "--port", "65536"],
        ["sandbox", "--port", "+80"],
        ["serve", "--port", "80"],
        ["find", "--merchant", "demo", "--sale-id", "1", "--csv", "--limit", "1"],
        ["find", "--merchant", "demo", "--sale-id", "1", "--jsonl", "--limit", "100"],
        ["find", "--merchant", "demo", "--sale-id", "1", "--csv", "--total"],
        ["find", "--merchant", "demo", "--sale-id", "1", "--people"],
        ["find", "--merchant", "demo", "--access-key", "x"],
    ],
)
def test_wrong_use_exits_with_2_and_says_how(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    usage, error = told.err.splitlines()
    assert usage.startswith("usage: cashback")
    assert error.startswith("cashback")
    assert ": error: " in error


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "token demo"])
def test_missing_settings_exit_with_2_and_are_all_named(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"--state={tmp_path / 'none'}", *command.split()]) == 2
    told = capsys.readouterr().err
    needed = {
        "serve": [
            *("DATABASE_URL", "CASHBACK_ERASURE_KEY"),
            *("CASHBACK_SIGNING_KEY_FILE", "CASHBACK_PROVIDER_URL"),
        ],
        "worker": ["DATABASE_URL", "CASHBACK_ERASURE_KEY", "CASHBACK_PROVIDER_URL"],
        "migrate": ["DATABASE_URL"],
        "token demo": ["DATABASE_URL", "CASHBACK_SIGNING_KEY_FILE"],
    }
    assert [line.split()[0] for line in told.splitlines()[1:]] == needed[command]


def test_a_database_that_is_away_is_one_line_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:hidden@/x?host={tmp_path}")
    assert main(["migrate"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert "hidden" not in told


def test_a_word_too_many_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["open", "extra", "more"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[1] == "cashback open: error: it takes no 'extra', 'more'"


def test_every_command_is_told_of_by_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    for name, what in (*((c.name, c.what) for c in COMMANDS), *((g.name, g.what) for g in GROUPS)):
        assert f"\n  {name}: {what}\n" in told


@pytest.mark.parametrize(
    "words",
    [[c.name] for c in COMMANDS] + [[g.name, c.name] for g in GROUPS for c in g.commands],
    ids=" ".join,
)
def test_every_command_has_help_with_its_examples(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--help"]) == 0
    told = capsys.readouterr().out
    name = " ".join(words)
    assert told.startswith(f"Usage: cashback {name}")
    examples = [line for line in told.splitlines() if line.startswith("  cashback ")]
    app = make_app()
    for example in examples:
        assert example.startswith(f"  cashback {name}"), "an example is of its own command"
        typed = re.split(r" [|<>] ", example.replace("INCIDENT", str(UUID(int=7))))[0]
        app.parse_args(shlex.split(typed)[1:])


def test_the_words_of_choices_are_those_of_the_core() -> None:
    assert set(get_args(cashbacks.Open)) == set(Status) - DONE - {Status.VOID}
    assert set(get_args(many.Resendable)) == set(MANY[ActKind.RESEND])
    assert set(get_args(many.Cancellable)) == set(MANY[ActKind.CANCEL])
    assert set(get_args(clients.ClientRole)) == set(CLIENT_ROLES)
    assert set(get_args(users.UserRole)) == set(Role)
    for choices in (Status, EqualOutcome, FindingClass, EqualContent, NameDifference, Rounding):
        assert {c.name.lower() for c in choices} == {c.value for c in choices}, "as it is typed"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shells_completion_knows_commands_and_choices(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    told = capsys.readouterr().out
    for word in ("resend-many", "end-secret", "accept-risk", "in_doubt"):
        assert word in told
