"""An event is of one day, a close named by the account is of that day, a file is read once."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cashback_core.closing.close import (
    Chained,
    Close,
    MerchantClose,
    Span,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.closing.day_under_way import DayUnderWay
from cashback_core.closing.keys import CloseKey, key_id, keys_bytes
from cashback_core.closing.lines import DayLine, LinesHead
from cashback_core.delivery.states import Status
from cashback_core.verify.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

    from cashback_core.closing.day import Amount

PRIVATE: Final = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC: Final = PRIVATE.public_key().public_bytes_raw()
FIRST: Final = datetime(2026, 11, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def line(cashback: int, hours: float) -> DayLine:
    """A cashback is recorded so many hours after the first day's begin."""
    return DayLine(
        at=FIRST + timedelta(hours=hours),
        cashback=str(UUID(int=cashback)),
        sequence=1,
        from_status=None,
        to_status=Status.PENDING,
        centavos=100,
        types={"A": 100},
    )


def signed(close: Close) -> bytes:
    return document_bytes(sign_close(close, PRIVATE.sign)) + b"\n"


def span(number: int, *, shift: int = 0) -> Span:
    begins_at = FIRST + (number - 1) * DAY
    return Span(
        day=begins_at.date() + shift * DAY,
        zone="UTC",
        begins_at=begins_at,
        ends_at=begins_at + DAY,
        closed_at=begins_at + DAY + timedelta(minutes=10),
        below=number,
    )


def write(folder: Path, *days: list[DayLine]) -> list[Close]:
    """The days' closes, lines and key; whoever signs them made them of these very lines."""
    key = CloseKey(public_key=PUBLIC, from_at=FIRST)
    (folder / "keys").write_bytes(keys_bytes([key]))
    closes, previous = list[Close](), None
    opening: Mapping[Status, Amount] = {}
    for number, lines in enumerate(days, 1):
        own = span(number)
        head = LinesHead(owner="demo", number=number, day=own.day)
        day = DayUnderWay(head, begins_at=own.begins_at, ends_at=own.ends_at)
        file = day.head_bytes + b"".join(day.add(one) for one in sorted(lines, key=lambda o: o.key))
        (folder / f"lines-{number}").write_bytes(file)
        made = day.done(opening)
        closes.append(
            Close(
                chained=Chained(owner="demo", number=number, previous=previous),
                span=own,
                key=key_id(PUBLIC),
                of_merchant=made,
            )
        )
        opening, previous = made.closing, close_hash(closes[-1])
    (folder / "closes").write_bytes(b"".join(map(signed, closes)))
    return closes


def asked(*given: Path) -> tuple[int, Any]:
    output = io.StringIO()
    with redirect_stdout(output):
        code = main([*map(str, given), "--json"])
    return code, json.loads(output.getvalue())


def test_an_event_of_two_days_is_told_with_both(tmp_path: Path) -> None:
    write(tmp_path, [line(1, 1), line(2, 2)], [line(2, 2), line(3, 30)])
    code, told = asked(tmp_path)
    bad = told["chains"][0]["first_bad"]
    assert (code, bad["number"], bad["fault"]) == (1, 2, "lines")
    assert bad["cause"] == "line 2 is an event that the lines of 2026-11-01 have already"


def test_an_event_that_is_late_in_two_days_is_told(tmp_path: Path) -> None:
    write(tmp_path, [line(1, 1)], [line(2, 2)], [line(2, 2)])
    bad = asked(tmp_path)[1]["chains"][0]["first_bad"]
    assert (bad["number"], bad["fault"]) == (3, "lines")
    assert "line 2 is an event that the lines of 2026-11-02 have" in bad["cause"]


def test_a_late_event_that_is_told_as_new_in_its_own_day_is_told(tmp_path: Path) -> None:
    write(tmp_path, [line(1, 1)], [line(2, 2), line(2, 30)])
    bad = asked(tmp_path)[1]["chains"][0]["first_bad"]
    assert (bad["number"], bad["cause"]) == (
        2,
        "line 3 is an event that the lines of 2026-11-02 have already",
    )


def test_late_events_hold_and_what_could_not_be_looked_up_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [line(1, 1)], [line(2, 2), line(3, 30)])
    code, told = asked(tmp_path)
    assert (code, [one for one in told["not_checked"] if one["code"] == "late"]) == (0, [])
    monkeypatch.setattr("cashback_core.verify.lines_held.MAX_LATE", 0)
    [late] = [one for one in asked(tmp_path)[1]["not_checked"] if one["code"] == "late"]
    assert late["lines"] == 1
    monkeypatch.undo()
    (tmp_path / "lines-1").unlink()
    code, told = asked(tmp_path)
    assert (code, [one["lines"] for one in told["not_checked"] if one["code"] == "late"]) == (
        0,
        [1],
    )


def test_a_close_that_the_account_names_on_another_day_is_told(tmp_path: Path) -> None:
    [first] = write(tmp_path, [line(1, 1)])
    named = MerchantClose(merchant="demo", number=1, sha256=close_hash(first))
    account = Close(
        chained=Chained(owner=None, number=1, previous=None),
        span=span(1, shift=1),
        key=key_id(PUBLIC),
        merchants=(named,),
    )
    (tmp_path / "account").write_bytes(signed(account))
    code, told = asked(tmp_path)
    bad = told["chains"][1]["first_bad"]
    assert (code, bad["number"], bad["fault"]) == (1, 1, "named_day")
    assert "2026-11-02" in bad["detail"]


def test_a_file_that_is_given_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, [line(1, 1)], [line(2, 30)])
    link = tmp_path / "again"
    link.symlink_to(tmp_path / "closes")
    assert asked(tmp_path, tmp_path, tmp_path / "closes", link)[0] == 0


def test_behind_a_forged_close_nothing_is_counted_and_no_lines_are_strays(tmp_path: Path) -> None:
    write(tmp_path, [line(1, 1)], [line(2, 30)], [line(3, 50)])
    closes = (tmp_path / "closes").read_bytes().splitlines()
    forged = closes[1].replace(b'"centavos":100', b'"centavos":1', 1)
    (tmp_path / "closes").write_bytes(b"\n".join([closes[0], forged, closes[2]]))
    told = asked(tmp_path)[1]
    [chain] = told["chains"]
    assert (chain["closes"], chain["days_made_anew"], chain["lines"]) == (1, 1, 1)
    assert chain["first_bad"]["fault"] == "sums"
    assert not {"stray_lines", "no_lines"} & {one["code"] for one in told["not_checked"]}
