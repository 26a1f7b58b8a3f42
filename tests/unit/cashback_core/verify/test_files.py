"""Files as they come: known by what is in them, refused with a reason, believed no further."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tracemalloc
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cashback_core.closing.canonical import NotCanonical, read_json
from cashback_core.closing.chain import LinkFault, Trust
from cashback_core.closing.close import (
    Chained,
    Close,
    MerchantClose,
    ProviderDay,
    Span,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.closing.day import Amount
from cashback_core.closing.day_under_way import DayUnderWay, build_day
from cashback_core.closing.keys import CloseKey, key_id, keys_bytes
from cashback_core.closing.lines import DayLine, LinesHead, head_bytes, line_bytes
from cashback_core.closing.persons import Disclosed, disclosure_bytes, person_of
from cashback_core.delivery.states import Status
from cashback_core.verify.__main__ import main
from cashback_core.verify.files import read_files
from cashback_core.verify.report import Verdict
from cashback_core.verify.verifying import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE: Final = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC: Final = PRIVATE.public_key().public_bytes_raw()
BEGINS: Final = datetime(2026, 11, 29, 3, tzinfo=UTC)
ENDS: Final = BEGINS + timedelta(days=1)
SALT: Final = bytes(range(32))
CPF: Final = "52998224725"
KEY: Final = CloseKey(public_key=PUBLIC, from_at=datetime(2026, 1, 1, tzinfo=UTC))
SPAN: Final = Span(
    day=date(2026, 11, 29),
    zone="America/Sao_Paulo",
    begins_at=BEGINS,
    ends_at=ENDS,
    closed_at=ENDS + timedelta(minutes=10),
    below=1042,
)
HEAD: Final = LinesHead(owner="demo", number=1, day=SPAN.day)


def line(number: int, **changes: Any) -> DayLine:
    told: dict[str, Any] = {
        "at": BEGINS + timedelta(milliseconds=number),
        "cashback": str(UUID(int=number)),
        "sequence": 1,
        "from_status": None,
        "to_status": Status.PENDING,
        "centavos": 140,
        "person": person_of(SALT, CPF),
        "store": "SP-01",
        "types": {"A": 50, "B": 90},
    }
    return DayLine(**told | changes)


LINES: Final = [line(number) for number in range(3)]
LINES_FILE: Final = head_bytes(HEAD) + b"".join(map(line_bytes, LINES))


def close(owner: str | None = "demo", **changes: Any) -> Close:
    day = build_day(LINES, {}, head=HEAD, begins_at=BEGINS, ends_at=ENDS)
    told: dict[str, Any] = {
        "chained": Chained(owner=owner, number=1, previous=None),
        "span": SPAN,
        "key": key_id(PUBLIC),
        "of_merchant": None if owner is None else day,
    }
    return Close(**told | changes)


def signed(one: Close) -> bytes:
    return document_bytes(sign_close(one, PRIVATE.sign))


DEMO: Final = close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys.json").write_bytes(keys_bytes([KEY]))
    (tmp_path / "closes.jsonl").write_bytes(signed(DEMO) + b"\n")
    (tmp_path / "2026-11-29.lines.jsonl").write_bytes(LINES_FILE)
    return tmp_path


def run(*arguments: str | Path) -> tuple[int, str]:
    output = io.StringIO()
    with redirect_stdout(output):
        code = main([str(argument) for argument in arguments])
    return code, output.getvalue()


def asked(*arguments: str | Path) -> tuple[int, Any]:
    code, output = run(*arguments, "--json")
    return code, json.loads(output)


def test_a_folder_is_verified_by_the_library_alone(folder: Path) -> None:
    source = str(Path(__file__).parents[4] / "src")
    command = f"import sys, runpy; sys.path.insert(0, {source!r}); sys.argv[0] = 'verify';"
    command += "runpy.run_module('cashback_core.verify', run_name='__main__')"
    # Isolated, and without the packages of its environment: the standard library is all there is.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", command, str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.startswith("demo: closes 1 to 1, of 2026-11-29 to 2026-11-29.\n")
    assert "  Owed at the end: 4.20 (cashbacks: 3).\n" in done.stdout
    assert "  Made anew of their lines (days: 1, lines: 3).\n" in done.stdout
    assert "\nAll that was given holds, if the keys are those of whoever closed" in done.stdout
    assert "\nNot checked:\n- Whose the keys are:" in done.stdout


def test_a_close_may_be_spelled_otherwise(folder: Path) -> None:
    value = json.loads((folder / "closes.jsonl").read_bytes())
    pretty = json.dumps(dict(reversed(value.items())), indent=2, ensure_ascii=True)
    (folder / "closes.jsonl").write_text("\n \n" + pretty + "\n\n", encoding="utf-8")
    code, told = asked(folder)
    assert (code, told["unreadable"]) == (
        2,
        [{"file": str(folder / "closes.jsonl"), "detail": "it is empty"}],
    )
    (folder / "closes.jsonl").write_text(pretty + "\n\n", encoding="utf-8")
    assert asked(folder)[0] == 0


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"below":1042', '"below":1042,"below":1042'),
        ('"below":1042', '"below":1042.0'),
        ('"below":1042', '"below":1.042e3'),
        ('"below":1042', '"below":NaN'),
        ('"below":1042', '"below":-Infinity'),
        ('"below":1042', '"below":true'),
        ('"below":1042', '"below":"1042"'),
        ('"below":1042', f'"below":{2**53}'),
        ('"below":1042', f'"below":{"9" * 5000}'),
        ('"below":1042', '"below":1042,"more":1'),
        ('"below":1042,', ""),
        ('"late":0', '"late":-0'),
        ('"late":0', '"late":4'),
        ('"owner":"demo"', '"owner":"\\ud800"'),
        ('"owner":"demo"', '"owner":"Demo"'),
        ('"owner":"demo"', '"owner":null'),
        ('"number":1', '"number":0'),
        ('"previous":null', '"previous":""'),
        ('"zone":"America/Sao_Paulo"', '"zone":"\\u001b[2J"'),
        ('"closed_at":"2026-11-30T03:10:00.000000Z"', '"closed_at":"2026-11-30T03:10:00Z"'),
        ('"day":"2026-11-29"', '"day":"2026-11-31"'),
        ('"signature":"', '"signature":"00'),
        ('"format":"cashback-close/1"', '"format":"cashback-close/2"'),
    ],
)  # fmt: skip
def test_what_two_readers_could_read_differently_is_refused(
    folder: Path, was: str, becomes: str
) -> None:
    text = (folder / "closes.jsonl").read_text(encoding="utf-8")
    assert was in text
    (folder / "closes.jsonl").write_text(text.replace(was, becomes), encoding="utf-8")
    code, told = asked(folder)
    assert code in {1, 2}
    assert told["verdict"] != "holds"
    if code == 1:
        assert told["chains"][0]["first_bad"]["fault"] in {"form", "sums"}
    else:
        assert told["unreadable"][0]["file"].endswith("closes.jsonl")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every text, number and null in it."""
    if isinstance(value, dict):
        for key, one in cast("dict[str, Any]", value).items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(cast("list[Any]", value)):
            yield from leaves(one, (*path, index))
    else:
        yield path


def test_no_single_value_of_a_close_can_be_another(folder: Path) -> None:
    """Also those that follow from others, which are left out when its bytes are made anew."""
    provider = (ProviderDay(name="matched", entered=Amount(count=1, centavos=140)),)
    (folder / "2026-11-29.lines.jsonl").unlink()
    for one in (close(provider=provider), account(named(1, "0" * 64))):
        document = json.loads(signed(one))
        paths = list(leaves(document))
        assert len(paths) > 20
        for path in paths:
            forged = json.loads(signed(one))
            holder = forged
            for key in path[:-1]:
                holder = holder[key]
            was = holder[path[-1]]
            holder[path[-1]] = was + 1 if isinstance(was, int) else "0" * len(was or "0" * 64)
            if isinstance(was, str) and holder[path[-1]] == was:
                holder[path[-1]] = "1" * len(was)
            (folder / "closes.jsonl").write_text(json.dumps(forged), encoding="utf-8")
            assert verified(folder) is not Verdict.HOLDS, path
        (folder / "closes.jsonl").write_text(json.dumps(document), encoding="utf-8")
        assert verified(folder) is Verdict.HOLDS


def verified(folder: Path) -> Verdict:
    found = read_files([folder])
    return verify(found, Trust(keys=found.keys)).verdict


@pytest.mark.parametrize("text", ["1.0", "[1e2]", "-0", "NaN", '{"a":1,"a":1}', "9007199254740992"])
def test_a_number_is_an_integer_and_a_key_is_told_once(text: str) -> None:
    with pytest.raises(NotCanonical):
        read_json(text)
    assert read_json(' {"a":[-9007199254740991,null,"é"]}\n') == {"a": [1 - 2**53, None, "é"]}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n", b"null", b"[]", b"{}", b'"x"', b"\xff\xfe{}", b"\xef\xbb\xbf{}",
        b"[" * 200_000, b'{"close":' * 50_000, b'{"close":{}}', b'{"format":"cashback-keys/1"}',
        b'{"format":"cashback-lines/1"}', b'{"format":"cashback-disclosure/1","persons":{}}',
        b'{"format":"cashback-keys/1","keys":[]}{}',
    ],
    ids=range(15),
)  # fmt: skip
def test_what_is_no_file_of_ours_is_told_and_proves_nothing(folder: Path, content: bytes) -> None:
    (folder / "other").write_bytes(content)
    code, told = asked(folder)
    assert (code, told["verdict"]) == (2, "unproven")
    assert [one["file"] for one in told["unreadable"]] == [str(folder / "other")]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    code, told = asked(tmp_path / "none")
    assert (code, told["unreadable"][0]["detail"]) == (2, "No such file or directory")
    assert [one["code"] for one in told["not_checked"]] == ["nothing"]


def test_a_line_that_is_no_close_is_told_by_its_number(folder: Path) -> None:
    with (folder / "closes.jsonl").open("ab") as file:
        file.write(b"\n{}\n")
    code, told = asked(folder)
    assert code == 2
    assert told["unreadable"][0]["detail"] == "line 3: close, signature is missing"
    assert told["chains"][0]["closes"] == 1


def test_a_name_is_told_without_what_a_terminal_obeys(tmp_path: Path) -> None:
    (tmp_path / "\x1b[2J").write_bytes(b"x")
    assert "\x1b" not in run(tmp_path)[1]


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (LINES_FILE[:-1], "line 4 is none as the format has it"),
        (LINES_FILE.replace(b'"centavos":140', b'"centavos":141', 1), "line 2 is none"),
        (LINES_FILE.replace(b"SP-01", b"SP-02", 1), "differs in: stores, lines"),
        (LINES_FILE.replace(b'"sequence":1', b'"sequence":2', 1), "they make the same figures"),
        (head_bytes(HEAD) + line_bytes(LINES[0]), "differs in: liability, statuses, types"),
        (head_bytes(HEAD) + b"".join(map(line_bytes, LINES[::-1])), "line 3 is not in its place"),
        (LINES_FILE + line_bytes(LINES[2]), "line 5 is not in its place"),
        (LINES_FILE + line_bytes(line(9, at=ENDS)), "line 5 is not in its place: the line is of a"),
        (LINES_FILE.replace(b'"person":', b'"person": ', 1), "line 2 is none"),
        (LINES_FILE + b"x" * (2**20 + 2), "line 5 is none as the format has it: it has more than"),
        (head_bytes(replace(HEAD, day=date(2026, 11, 28))), "the file is of another day"),
    ],
)
def test_lines_that_are_not_the_days_are_told(folder: Path, lines: bytes, cause: str) -> None:
    (folder / "2026-11-29.lines.jsonl").write_bytes(lines)
    code, told = asked(folder)
    bad = told["chains"][0]["first_bad"]
    assert (code, bad["number"], bad["fault"]) == (1, 1, LinkFault.LINES)
    assert cause in bad["cause"]


def test_lines_without_their_close_prove_nothing(folder: Path) -> None:
    head = replace(HEAD, number=2)
    (folder / "more").write_bytes(head_bytes(head))
    code, told = asked(folder)
    assert code == 2
    assert "stray_lines" in {one["code"] for one in told["not_checked"]}


def test_whose_a_line_is_can_be_shown(folder: Path) -> None:
    shown = [Disclosed(document=CPF, salt=SALT), Disclosed(document="1", salt=SALT)]
    (folder / "shown").write_bytes(disclosure_bytes(shown))
    code, told = asked(folder)
    assert code == 0
    (person,) = told["persons"]
    assert person["document"] == "***.982.247-**"
    assert (person["lines"], person["cashbacks"]) == (3, [one.cashback for one in LINES])
    assert {"code": "persons", "persons": 1}.items() <= told["not_checked"][-2].items()
    assert CPF not in run(folder)[1]


def account(*merchants: MerchantClose, number: int = 1) -> Close:
    provider = (ProviderDay(name="not_expected", entered=Amount(count=1, centavos=-140)),)
    previous = None if number == 1 else "0" * 64
    chained = Chained(owner=None, number=number, previous=previous)
    return close(owner=None, provider=provider, merchants=merchants, chained=chained)


def named(number: int, sha256: str) -> MerchantClose:
    return MerchantClose(merchant="demo", number=number, sha256=sha256)


def test_the_accounts_close_names_the_merchants(folder: Path) -> None:
    (folder / "account").write_bytes(signed(account(named(1, close_hash(DEMO)))))
    code, told = asked(folder)
    assert (code, [chain["owner"] for chain in told["chains"]]) == (0, [None, "demo"])
    assert "provider" in {one["code"] for one in told["not_checked"]}
    assert "tail" not in {one["code"] for one in told["not_checked"]}


def test_the_accounts_close_tells_another_close_from_it(folder: Path) -> None:
    (folder / "account").write_bytes(signed(account(named(1, "0" * 64))))
    code, told = asked(folder)
    bad = told["chains"][1]["first_bad"]
    assert (code, bad["number"], bad["fault"]) == (1, 1, "named")


def test_the_accounts_close_tells_that_an_end_was_cut(folder: Path) -> None:
    (folder / "account").write_bytes(signed(account(named(2, "0" * 64))))
    code, told = asked(folder)
    bad = told["chains"][1]["first_bad"]
    assert (code, bad["number"], bad["fault"]) == (1, 2, "tail")


def test_a_forged_account_names_nobody(folder: Path) -> None:
    forged = signed(account(named(1, "0" * 64))).replace(b'"below":1042', b'"below":1043')
    (folder / "account").write_bytes(forged)
    code, told = asked(folder)
    assert code == 1
    assert [chain["first_bad"] and chain["first_bad"]["fault"] for chain in told["chains"]] == [
        "signature",
        None,
    ]


def test_a_merchant_may_be_called_account(folder: Path) -> None:
    other = close(owner="account")
    (folder / "other").write_bytes(signed(other))
    assert [chain["owner"] for chain in asked(folder)[1]["chains"]] == ["account", "demo"]


def test_a_head_that_nobody_has_is_told(folder: Path) -> None:
    assert asked(folder, "--head", close_hash(DEMO))[0] == 0
    (folder / "other").write_bytes(signed(close(owner="other")))
    code, told = asked(folder, "--head", "0" * 64)
    assert (code, told["unknown_heads"]) == (1, ["0" * 64])
    with redirect_stderr(io.StringIO()), pytest.raises(SystemExit) as stopped:
        run(folder, "--head", "0" * 63)
    assert stopped.value.code == 2


def test_two_parties_files_are_compared(folder: Path) -> None:
    theirs = replace(DEMO, span=replace(SPAN, closed_at=SPAN.closed_at + timedelta(hours=1)))
    (folder / "theirs").write_bytes(signed(theirs))
    code, told = asked(folder)
    bad = told["chains"][0]["first_bad"]
    assert (code, bad["fault"], len(bad["files"])) == (1, "fork", 2)
    (folder / "theirs").write_bytes(signed(DEMO))  # the same, in two files
    assert asked(folder)[0] == 0


def test_keys_that_two_files_tell_otherwise_are_not_believed(folder: Path) -> None:
    (folder / "more").write_bytes(keys_bytes([replace(KEY, until_at=ENDS)]))
    assert asked(folder)[0] == 2
    with pytest.raises(ValueError, match="no Ed25519 public key"):
        CloseKey(public_key=bytes(32), from_at=BEGINS)


def test_a_key_is_named_by_its_bytes(folder: Path) -> None:
    text = (folder / "keys.json").read_text(encoding="utf-8")
    (folder / "keys.json").write_text(text.replace(KEY.id, "0" * 32), encoding="utf-8")
    code, told = asked(folder)
    assert code == 2
    assert "is named otherwise than its bytes are" in told["unreadable"][0]["detail"]


def test_lines_are_read_in_constant_memory(folder: Path) -> None:
    many = [line(number, types={"A": 140}) for number in range(4000)]
    day = DayUnderWay(HEAD, begins_at=BEGINS, ends_at=ENDS)
    with (folder / "2026-11-29.lines.jsonl").open("wb") as file:
        file.write(day.head_bytes)
        file.writelines(day.add(one) for one in many)
    (folder / "closes.jsonl").write_bytes(signed(close(of_merchant=day.done({}))))
    del many
    tracemalloc.start()
    try:
        code, _ = asked(folder)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert code == 0
    assert (folder / "2026-11-29.lines.jsonl").stat().st_size > 1_000_000
    assert peak < 700_000
