from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cashback_gateway.commands.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CASHBACK_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["token"],
        ["users"],
        ["users", "add", "x"],
        ["sandbox", "--port", "0"],
        ["sandbox", "--port", "65536"],
        ["sandbox", "--port", "+80"],
        ["serve", "--port", "80"],
    ],
)
def test_wrong_use_exits_with_2_and_says_how(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(words)
    assert exited.value.code == 2
    assert "usage: cashback" in capsys.readouterr().err


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


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["--help"])
    assert exited.value.code == 0
    told = capsys.readouterr().out
    commands = (
        "run serve worker migrate sandbox demo open resend cancel resolve sender doctor users token"
    )
    for command in commands.split():
        assert f"\n    {command} " in told
