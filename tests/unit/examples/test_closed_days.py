"""The closed days of examples/ are what they are made of here, and docs/close.md tells of them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cashback_core.closing.close import (
    Chained,
    Close,
    MerchantClose,
    ProviderDay,
    Span,
    close_hash,
    document_bytes,
)
from cashback_core.closing.day import Amount, Day
from cashback_core.closing.day_under_way import build_day
from cashback_core.closing.keys import key_id, keys_bytes
from cashback_core.closing.lines import DayLine, LinesHead, head_bytes, line_bytes
from cashback_core.closing.movements import movements_of
from cashback_core.closing.persons import Disclosed, disclosure_bytes
from cashback_core.delivery.states import Status
from cashback_core.testing.strategies import ChainSigner, rechained
from cashback_core.verify.__main__ import main

if TYPE_CHECKING:
    from cashback_core.closing.close import SignedClose

ROOT: Final = Path(__file__).parents[3]
EXAMPLES: Final = ROOT / "examples" / "closed_days"
FORGED: Final = ROOT / "examples" / "forged_days"

COMMAND: Final = re.compile(
    r"```console\n\$ python -m cashback_core\.verify (.*?)\n(.*?)```", re.DOTALL
)

PRIVATE: Final = Ed25519PrivateKey.from_private_bytes(b"an example's key, known to all..")
SIGNER: Final = ChainSigner(public_key=PRIVATE.public_key().public_bytes_raw(), sign=PRIVATE.sign)
FIRST: Final = date(2026, 11, 27)
BEGINS: Final = datetime(2026, 11, 27, 3, tzinfo=UTC)
ONE_DAY: Final = timedelta(days=1)

ANA: Final = Disclosed(document="52998224725", salt=b"the salt of Ana's, 32 bytes long")
JOSE: Final = Disclosed(document="11144477735", salt=b"the salt of Jose, 32 bytes long.")
SALES: Final[dict[int, dict[str, Any]]] = {
    1: {"types": {"A": 50, "B": 90}, "person": ANA.person, "store": "SP-01"},
    2: {"types": {"A": 200}, "person": JOSE.person, "store": "SP-01"},
    3: {"types": {"C": 1600}, "person": ANA.person, "store": "SP-02"},
    4: {"types": {"B": 75}, "person": None, "store": None},
}
S: Final = Status
MOVES: Final[list[list[tuple[str, int, tuple[Status, ...]]]]] = [
    [  # the first sale is paid at once; of the second nobody knows
        ("14:02:11.503118", 1, (S.PENDING, S.SENDING)),
        ("14:02:11.640250", 1, (S.APPLIED,)),
        ("18:30:00.000412", 2, (S.PENDING, S.SENDING)),
        ("18:30:30.004000", 2, (S.IN_DOUBT,)),
    ],
    [  # a statement shows that the second was paid; the third is refused
        ("09:00:02.118700", 2, (S.APPLIED,)),
        ("12:41:07.900001", 3, (S.PENDING, S.SENDING)),
        ("12:41:08.055120", 3, (S.REJECTED,)),
    ],
    [  # the third is cancelled, the first was marked paid by mistake, the fourth is being sent
        ("10:15:00.000001", 3, (S.CANCELLED,)),
        ("11:00:00.250000", 1, (S.IN_DOUBT,)),
        ("23:59:59.999999", 4, (S.PENDING, S.SENDING)),
    ],
]
PROVIDER: Final = [(1, 140, 0, 0), (1, 200, 0, 0), (0, 0, 1, 140)]


def lines_of_days() -> list[list[DayLine]]:
    status: dict[int, Status] = {}
    sequence: dict[int, int] = {}
    days: list[list[DayLine]] = []
    for number, moves in enumerate(MOVES):
        lines: list[DayLine] = []
        for clock, sale, targets in moves:
            midnight = datetime.combine(FIRST + number * ONE_DAY, datetime.min.time(), UTC)
            at = datetime.fromisoformat(f"{midnight.date()}T{clock}+00:00") + timedelta(hours=3)
            for target in targets:
                before = status.get(sale)
                sequence[sale] = sequence.get(sale, 0) + 1
                told = SALES[sale]
                lines.append(
                    DayLine(
                        at=at,
                        cashback=str(UUID(int=0x01A2_0000_0000_7000_8000_0000_0000_0000 + sale)),
                        sequence=sequence[sale],
                        from_status=before,
                        to_status=target,
                        centavos=sum(told["types"].values()),
                        person=told["person"],
                        store=told["store"],
                        types=told["types"] if movements_of(before, target) else {},
                    )
                )
                status[sale] = target
        days.append(sorted(lines, key=lambda line: line.key))
    return days


def span(number: int) -> Span:
    ends_at = BEGINS + number * ONE_DAY
    return Span(
        day=FIRST + (number - 1) * ONE_DAY,
        zone="America/Sao_Paulo",
        begins_at=ends_at - ONE_DAY,
        ends_at=ends_at,
        closed_at=ends_at + timedelta(minutes=10, seconds=4),
        below=700_000 + 1_204 * number,
    )


def close(owner: str | None, number: int, **more: Any) -> Close:
    """The chain makes it follow from the one before."""
    return Close(
        chained=Chained(owner=owner, number=number, previous=None if number == 1 else "0" * 64),
        span=span(number),
        key=key_id(SIGNER.public_key),
        **more,
    )


def merchants_closes() -> tuple[SignedClose, ...]:
    day: Day | None = None
    matched = ProviderDay(name="matched")
    closes: list[Close] = []
    for number, lines in enumerate(lines_of_days(), start=1):
        entered, worth, departed, less = PROVIDER[number - 1]
        matched = ProviderDay(
            name="matched",
            opening=matched.closing,
            entered=Amount(count=entered, centavos=worth),
            departed=Amount(count=departed, centavos=less),
        )
        day = build_day(
            lines,
            {} if day is None else day.closing,
            head=LinesHead(owner="demo", number=number, day=span(number).day),
            begins_at=span(number).begins_at,
            ends_at=span(number).ends_at,
        )
        closes.append(close("demo", number, provider=(matched,), of_merchant=day))
    return rechained(SIGNER, closes)


def accounts_closes(merchants: tuple[SignedClose, ...]) -> tuple[SignedClose, ...]:
    unknown = ProviderDay(name="unknown_here", entered=Amount(count=1, centavos=500))
    closes: list[Close] = []
    for number, one in enumerate(merchants, start=1):
        named = MerchantClose(merchant="demo", number=number, sha256=close_hash(one.close))
        closes.append(close(None, number, provider=(unknown,), merchants=(named,)))
        unknown = ProviderDay(name="unknown_here", opening=unknown.closing)
    return rechained(SIGNER, closes)


def forged(closes: tuple[SignedClose, ...]) -> bytes:
    """Somebody makes the second day owe less: 16.00 are 1.60, in every sum, so that all add up."""
    documents = [document_bytes(one) for one in closes]
    documents[1] = documents[1].replace(b'"centavos":1600', b'"centavos":160')
    return b"\n".join(documents) + b"\n"


def files() -> dict[Path, bytes]:
    closes = merchants_closes()
    found = {
        EXAMPLES / "keys.json": keys_bytes([replace(SIGNER.key, from_at=BEGINS - ONE_DAY)]),
        EXAMPLES / "demo.closes.jsonl": b"".join(document_bytes(one) + b"\n" for one in closes),
        EXAMPLES / "account.closes.jsonl": b"".join(
            document_bytes(one) + b"\n" for one in accounts_closes(closes)
        ),
        FORGED / "demo.closes.jsonl": forged(closes),
        ROOT / "examples" / "disclosed" / "ana.json": disclosure_bytes([ANA]),
    }
    for number, lines in enumerate(lines_of_days(), start=1):
        head = LinesHead(owner="demo", number=number, day=span(number).day)
        name = f"demo.{head.day}.lines.jsonl"
        found[EXAMPLES / name] = head_bytes(head) + b"".join(map(line_bytes, lines))
    return found


def test_the_examples_are_what_they_are_made_of() -> None:
    """With WRITE_EXAMPLES=1 they are written anew, to be looked at before they are kept."""
    for path, content in files().items():
        if os.environ.get("WRITE_EXAMPLES"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        assert path.read_bytes() == content, path


@pytest.mark.parametrize("page", ["close.md", "close.pt.md"])
def test_the_page_tells_what_the_command_says(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = COMMAND.findall(text)
    assert len(blocks) >= 3
    for arguments, expected in blocks:
        output = io.StringIO()
        with redirect_stdout(output):
            main(arguments.split())
        assert output.getvalue() == expected, arguments


def test_the_page_shows_lines_and_a_close_as_they_are() -> None:
    text = (ROOT / "docs" / "close.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```jsonl\n(.*?)```", text, re.DOTALL)
    content = (EXAMPLES / "demo.2026-11-28.lines.jsonl").read_text(encoding="utf-8")
    assert content.startswith(lines)
    assert len(lines.splitlines()) == 3


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_whoever_reads_the_page_alone_verifies_the_examples() -> None:
    """By another implementation of signatures, and of all else as docs/close.md has it."""
    (key,) = json.loads((EXAMPLES / "keys.json").read_bytes())["keys"]
    public = bytes.fromhex(key["public"])
    assert hashlib.sha256(public).hexdigest()[:32] == key["id"]
    previous, closing = None, dict[str, Any]()
    for text in (EXAMPLES / "demo.closes.jsonl").read_bytes().splitlines():
        document = json.loads(text)
        close, signature = document["close"], bytes.fromhex(document["signature"])
        signed = canonical(close)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
        assert close["previous"] == previous
        previous = hashlib.sha256(signed).hexdigest()
        lines = (EXAMPLES / f"demo.{close['day']}.lines.jsonl").read_bytes()
        assert hashlib.sha256(lines).hexdigest() == close["lines"]["sha256"]
        _, *events = map(json.loads, lines.splitlines())
        assert [canonical(event) for event in events] == lines.splitlines()[1:]
        assert len(events) == close["lines"]["count"]
        for row in close["statuses"]:
            came = [one["centavos"] for one in events if one["to"] == row["status"]]
            went = [one["centavos"] for one in events if one["from"] == row["status"]]
            assert (row["in"]["count"], row["in"]["centavos"]) == (len(came), sum(came))
            assert (row["out"]["count"], row["out"]["centavos"]) == (len(went), sum(went))
            assert row["opening"] == closing.get(row["status"], {"count": 0, "centavos": 0})
            for of in ("count", "centavos"):
                total = row["opening"][of] + row["in"][of] - row["out"][of]
                assert total == row["closing"][of]
        closing = {row["status"]: row["closing"] for row in close["statuses"]}
        owed = {"pending", "sending", "in_doubt", "held", "rejected"}
        liability = sum(row["centavos"] for status, row in closing.items() if status in owed)
        assert liability == close["liability"]["closing"]["centavos"]
    assert previous == close_hash(merchants_closes()[-1].close)
