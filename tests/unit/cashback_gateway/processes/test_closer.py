"""A worker's closing: what it notes outside the database, what it tells, when it does nothing."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from adapters.telemetry.closes import CloseMetrics
from cashback_core.closing.closing import EVERY_CHAIN, CloseDays, ClosedRound, ClosesAsked
from cashback_core.closing.day import Amount
from cashback_core.closing.kept import Flow
from cashback_core.closing.store import FormerKey
from cashback_core.values.availability import StoreUnavailable
from cashback_gateway.processes.chain_notes import ChainNotesFile
from cashback_gateway.processes.closer import Closer
from contract.closing import NEXT_SIGNER, SIGNER
from fakes.api import Api

if TYPE_CHECKING:
    from pathlib import Path

HASH = "a" * 64


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "database.json.closes"


def test_what_is_noted_is_known_and_never_goes_back(file: Path) -> None:
    notes = ChainNotesFile(file)
    assert notes.known() == {}
    notes.note({"demo": (3, HASH), "(account)": (2, HASH)})
    ChainNotesFile(file).note({"demo": (2, "b" * 64)})  # another worker, a moment behind
    assert ChainNotesFile(file).known() == {"demo": (3, HASH), "(account)": (2, HASH)}
    assert notes.forget("demo") == (3, HASH)
    assert notes.forget("demo") is None
    assert notes.known() == {"(account)": (2, HASH)}


def test_without_a_file_nothing_is_known() -> None:
    notes = ChainNotesFile(None)
    notes.note({"demo": (3, HASH)})
    assert notes.known() == {}
    assert notes.forget("demo") is None


@pytest.mark.parametrize("text", ["", "[]", '{"demo": 3}', '{"demo": ["x", "y"]}', "\x00"])
def test_notes_that_cannot_be_read_are_no_notes_of_nothing(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(OSError, match="cannot be read"):
        ChainNotesFile(file).known()


async def test_it_closes_notes_and_tells(file: Path) -> None:
    api, told = Api(), list[ClosedRound]()
    use = CloseDays(store=api.closes, signer=SIGNER, notes=ChainNotesFile(file))
    assert await Closer(use, told.append)() is False
    assert [len(found.closed) for found in told] == [0, 6]  # a look, and two days of three chains
    assert {name: number for name, (number, _) in ChainNotesFile(file).known().items()} == {
        "demo": 2,
        "other": 2,
        "(account)": 2,
    }


async def test_a_strange_chain_is_told_once(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    api, told = Api(), list[ClosedRound]()
    ChainNotesFile(file).note({"demo": (7, HASH)})
    closer = Closer(
        CloseDays(store=api.closes, signer=SIGNER, notes=ChainNotesFile(file)), told.append
    )
    with caplog.at_level(logging.ERROR):
        await closer()
        await closer()
    assert [*told[-1].strange] == ["demo"]
    assert sum("no day of demo is closed any more" in one for one in caplog.messages) == 1


@pytest.fixture
def unreadable(file: Path) -> Path:
    file.write_text("x")
    return file


async def test_unreadable_notes_close_nothing(unreadable: Path) -> None:
    api = Api()
    use = CloseDays(store=api.closes, signer=SIGNER, notes=ChainNotesFile(unreadable))
    with pytest.raises(StoreUnavailable):
        await Closer(use, lambda _: None)()
    assert api.closes.kept == []


async def test_without_a_key_it_does_nothing() -> None:
    def never(_: ClosedRound) -> None:
        pytest.fail("nothing is closed")

    assert await Closer(None, never)() is False


async def test_days_that_are_over_are_told_though_the_round_fails(unreadable: Path) -> None:
    """Else the alert sees the last round that went well."""
    told = list[ClosedRound]()
    use = CloseDays(store=Api().closes, signer=SIGNER, notes=ChainNotesFile(unreadable))
    with pytest.raises(StoreUnavailable):
        await Closer(use, told.append)()
    assert [(found.behind, [*found.failed]) for found in told] == [(6, []), (6, [EVERY_CHAIN])]


async def test_a_look_forgets_no_strange_chain(file: Path) -> None:
    api, told = Api(), list[ClosedRound]()
    ChainNotesFile(file).note({"demo": (7, HASH)})
    use = CloseDays(store=api.closes, signer=SIGNER, notes=ChainNotesFile(file))
    closer = Closer(use, told.append)
    await closer()
    await closer()
    assert [[*found.strange] for found in told] == [[], ["demo"], ["demo"], ["demo"]]


async def test_a_former_key_is_told_as_what_keeps_every_chain(file: Path) -> None:
    """Else a worker that was not given the new key fails for days, and no gauge shows it."""
    api, told = Api(), list[ClosedRound]()
    notes = ChainNotesFile(file)
    await CloseDays(store=api.closes, signer=SIGNER, notes=notes)(ClosesAsked(at_most=1))
    api.clock.advance(1)
    await CloseDays(store=api.closes, signer=NEXT_SIGNER, notes=notes)(ClosesAsked(at_most=1))
    with pytest.raises(FormerKey):
        await Closer(CloseDays(store=api.closes, signer=SIGNER, notes=notes), told.append)()
    assert [*told[-1].failed] == [EVERY_CHAIN]
    assert told[-1].behind == 4
    assert api.closes.told is not None
    assert [*api.closes.told.failed] == [EVERY_CHAIN]


async def test_what_keeps_a_chain_is_counted_and_logged_once(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api = Api()
    full = Amount(count=2**53 - 1)
    for day in range(2):
        on = api.closes.first_day + timedelta(days=day)
        api.closes.flows[1, on] = (Flow(name="matched", entered=full, departed=Amount()),)
    registry = CollectorRegistry()
    use = CloseDays(store=api.closes, signer=SIGNER, notes=ChainNotesFile(file))
    closer = Closer(use, CloseMetrics(registry))
    with caplog.at_level(logging.ERROR):
        await closer()
        await closer()
    assert registry.get_sample_value("cashback_close_failed_chains") == 1
    assert sum("a day of demo cannot be closed" in one for one in caplog.messages) == 1
