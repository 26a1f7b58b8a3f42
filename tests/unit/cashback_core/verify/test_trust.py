"""Whose keys are believed, and that no verdict is given of what was not found out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy, copytree
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cashback_core.closing.canonical import NotCanonical, read_json
from cashback_core.closing.close import close_hash, document_bytes, sign_close
from cashback_core.closing.close_reading import read_close
from cashback_core.closing.keys import CloseKey, key_id, keys_bytes, read_keys
from cashback_core.verify import files
from cashback_core.verify.__main__ import main

ROOT: Final = Path(__file__).parents[4]
EXAMPLES: Final = ROOT / "examples" / "closed_days"
OURS: Final = "601a75e68da44319b67b6944fc8dae6e"
STRANGER: Final = Ed25519PrivateKey.from_private_bytes(bytes(32))
THEIRS: Final = STRANGER.public_key().public_bytes_raw()
SINCE: Final = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copytree(EXAMPLES, tmp_path / "sent")


def theirs(**times: datetime) -> CloseKey:
    return CloseKey(public_key=THEIRS, **({"from_at": SINCE} | times))


def with_a_forged_day(folder: Path, **times: datetime) -> Path:
    """A fourth day of demo, signed by a stranger, and a file of the stranger's key beside it."""
    closes = folder / "demo.closes.jsonl"
    last = read_close(json.loads(closes.read_bytes().splitlines()[-1])).close
    day = timedelta(days=1)
    at = {name: getattr(last.span, name) + day for name in ("day", "ends_at", "closed_at")}
    made = last.of_merchant
    assert made is not None
    rows = tuple(
        replace(row, opening=row.closing, came=type(row.came)(), went=type(row.went)())
        for row in made.statuses
        if row.closing
    )
    owed = made.liability.closing
    nothing = replace(
        made,
        liability=type(made.liability)(
            opening=owed, moved=type(made.liability.moved)(), closing=owed
        ),
        statuses=rows, types=(), stores=(), late=0, lines=replace(made.lines, count=0),
    )  # fmt: skip
    forged = replace(
        last,
        chained=replace(last.chained, number=last.number + 1, previous=close_hash(last)),
        span=replace(last.span, begins_at=last.span.ends_at, **at),
        key=key_id(THEIRS),
        provider=tuple(type(row)(name=row.name, opening=row.closing) for row in last.provider),
        of_merchant=nothing,
    )
    with closes.open("ab") as file:
        file.write(document_bytes(sign_close(forged, STRANGER.sign)) + b"\n")
    (folder / "a-keys.json").write_bytes(keys_bytes([theirs(**times)]))
    return folder


def asked(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, Any]:
    code = main([*map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def codes(told: Any) -> set[str]:
    return {one["code"] for one in told["not_checked"]}


@pytest.mark.parametrize("ours", ["keys.json", "z-keys.json"])
def test_a_strangers_key_beside_ours_signs_nothing(
    folder: Path, ours: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "keys.json").rename(folder / ours)
    with_a_forged_day(folder)
    code, told = asked(capsys, folder)
    assert (code, told["keys_trusted"]) == (2, "none")
    assert "keys_contradict" in codes(told)
    code, told = asked(capsys, folder, "--key", OURS)
    bad = told["chains"][1]["first_bad"]
    assert (code, bad["number"], bad["fault"]) == (1, 4, "key_untrusted")
    assert (told["keys_trusted"], "other_keys" in codes(told)) == ("stated", True)


def test_nor_does_one_that_was_in_use_at_another_time(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two files none is believed by itself, though their keys never sign at one time."""
    with_a_forged_day(folder, until_at=SINCE + timedelta(days=1))
    assert asked(capsys, folder)[0] == 2
    copy(EXAMPLES / "demo.closes.jsonl", folder)
    assert asked(capsys, folder)[0] == 2
    assert asked(capsys, folder, "--key", OURS)[0] == 0


def test_a_verdict_tells_that_nobody_stated_the_keys(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy(folder / "keys.json", folder / "again")  # the same in two files
    assert asked(capsys, folder)[1]["keys_trusted"] == "as_given"
    assert main([str(folder)]) == 0
    said = capsys.readouterr().out
    assert "All that was given holds, if the keys are those of whoever closed these days" in said
    assert main([str(folder), "--key", OURS]) == 0
    said = capsys.readouterr().out
    assert "\nAll that was given holds.\n" in said
    assert "Whose the keys are" not in said
    assert "From when until when the stated keys sign" in said


def test_a_key_that_is_stated_and_not_given_signs_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = asked(capsys, folder, "--key", key_id(THEIRS))
    assert code == 1
    assert told["chains"][0]["first_bad"]["fault"] == "key_untrusted"
    (folder / "keys.json").unlink()
    assert asked(capsys, folder, "--key", OURS)[0] == 2
    with pytest.raises(SystemExit) as stopped:
        main([str(folder), "--key", "601a"])
    assert stopped.value.code == 2


def test_keys_sign_one_after_the_other() -> None:
    first = CloseKey(
        public_key=Ed25519PrivateKey.from_private_bytes(b"1" * 32).public_key().public_bytes_raw(),
        from_at=SINCE, until_at=SINCE + timedelta(days=2),
    )  # fmt: skip
    good = [first, theirs(from_at=SINCE + timedelta(days=2))]
    assert len(read_keys(json.loads(keys_bytes(good)))) == 2
    for other in (
        theirs(from_at=SINCE + timedelta(days=1)),
        theirs(until_at=SINCE + timedelta(days=1)),
        theirs(from_at=SINCE - timedelta(days=9)),
    ):
        with pytest.raises(NotCanonical, match="at one time"):
            read_keys(json.loads(keys_bytes([first, other])))
    with pytest.raises(ValueError, match="until a later one"):
        theirs(until_at=SINCE - timedelta(days=1))


def test_closes_that_the_account_does_not_name_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A merchant's first day may end before the account's first: nobody names its close."""
    closes = folder / "account.closes.jsonl"
    last = closes.read_bytes().splitlines()[-1]
    closes.write_bytes(last)
    first = json.loads(last)["close"]["previous"]
    code, told = asked(capsys, folder, "--after", first)
    (unnamed,) = (one for one in told["not_checked"] if one["code"] == "unnamed")
    assert (code, unnamed["owner"], unnamed["closes"]) == (0, "demo", 2)
    closes.write_bytes((EXAMPLES / closes.name).read_bytes())
    assert "unnamed" not in codes(asked(capsys, folder)[1])


def test_lines_that_are_worth_too_much_are_other_lines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = folder / "demo.2026-11-28.lines.jsonl"
    text = lines.read_text(encoding="utf-8")
    text = text.replace('"centavos":1600', f'"centavos":{2**53 - 1}')
    lines.write_text(text.replace('"C":1600', f'"C":{2**53 - 1}'), encoding="utf-8")
    code, told = asked(capsys, folder)
    bad = told["chains"][1]["first_bad"]
    assert (code, bad["fault"]) == (1, "lines")
    assert "what they make is more than a close can tell" in bad["cause"]


def test_a_day_at_the_end_of_all_days_is_told_early(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((folder / "account.closes.jsonl").read_bytes().splitlines()[0])
    document["close"] |= {"ends_at": "9999-12-31T23:59:59.999999Z", "key": key_id(THEIRS)}
    close = read_close(document).close
    (folder / "account.closes.jsonl").write_bytes(document_bytes(sign_close(close, STRANGER.sign)))
    (folder / "keys.json").write_bytes(keys_bytes([theirs()]))
    code, told = asked(capsys, folder / "account.closes.jsonl", folder / "keys.json")
    assert (code, told["chains"][0]["first_bad"]["fault"]) == (1, "early")


@pytest.mark.parametrize("depth", [17, 400, 988, 3000])
@pytest.mark.parametrize("around", ['{{"close":{}}}', '{{"close":{{"owner":"demo","number":{}}}}}'])
def test_what_is_nested_deep_is_no_file_of_ours(
    folder: Path, depth: int, around: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "deep").write_text(around.format("[" * depth + "]" * depth), encoding="utf-8")
    code, told = asked(capsys, folder)
    assert (code, len(told["unreadable"])) == (2, 1)
    assert read_json("[" * 16 + "]" * 16)
    with pytest.raises(NotCanonical, match="too deep"):
        read_json(f"[[],[{'[' * 16}{']' * 16}]]")


def test_what_is_no_file_is_told_and_not_waited_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, folder)[0] == 0
    (folder / "linked").symlink_to(EXAMPLES)
    (folder / "gone").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe")
    code, told = asked(capsys, folder)
    assert code == 2
    found = {Path(one["file"]).name: one["detail"] for one in told["unreadable"]}
    assert found == {
        "linked": "links to folders are not followed",
        "gone": "No such file or directory",
        "pipe": "it is no ordinary file",
    }


def test_lines_that_cannot_be_read_prove_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They were there when their head was read, and are gone when it is their turn."""
    read = files.read_files

    def read_and_lose(paths: list[Path], **more: Any) -> files.Given:
        given = read(paths, **more)
        given.lines[0].path.unlink()
        return given

    monkeypatch.setattr("cashback_core.verify.__main__.read_files", read_and_lose)
    code, told = asked(capsys, folder)
    assert (code, told["verdict"], len(told["unreadable"])) == (2, "unproven", 1)


def command(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    environ = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]} | more.pop("env", {})
    return subprocess.run(
        [sys.executable, "-m", "cashback_core.verify", *map(str, arguments)],
        stderr=subprocess.PIPE, text=True, check=False, env=environ, **more,
    )  # fmt: skip


def test_a_terminal_without_accents_has_the_same_verdict(folder: Path) -> None:
    environ = {"PYTHONIOENCODING": "ascii"}
    (folder / "não").write_bytes(b"x")
    done = command(folder, "--lang", "pt", env=environ, stdout=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, "")
    assert "n\\xe3o: n\\xe3o se l\\xea" in done.stdout


def test_what_nobody_foresaw_is_no_verdict(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RecursionError("so deep\nand deeper")

    monkeypatch.setattr("cashback_core.verify.__main__.verify", broken)
    assert main([str(folder)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "the check broke off: RecursionError so deep and deeper" in said.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is full")
def test_a_verdict_that_cannot_be_written_is_none(folder: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = command(folder, stdout=full)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr
