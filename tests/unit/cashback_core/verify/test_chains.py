"""A chain of closes holds, and with one defect it does not: the right first bad link is told."""

from __future__ import annotations

import io
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashback_core.closing.chain import LinkFault, Trust
from cashback_core.closing.close import close_bytes, close_hash, document_bytes
from cashback_core.closing.close_reading import read_close
from cashback_core.closing.keys import keys_bytes
from cashback_core.closing.lines import read_line
from cashback_core.closing.reading import decoded
from cashback_core.delivery.states import Status
from cashback_core.testing import strategies
from cashback_core.testing.strategies import CHAIN_DEFECTS, ChainSigner, ClosedChain
from cashback_core.verify.__main__ import main
from cashback_core.verify.files import read_files
from cashback_core.verify.report import Verdict, Verification
from cashback_core.verify.verifying import verify

if TYPE_CHECKING:
    from collections.abc import Generator

    from cashback_core.testing.strategies import BrokenChain


def signer(seed: int) -> ChainSigner:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return ChainSigner(public_key=private.public_key().public_bytes_raw(), sign=private.sign)


OURS: Final = signer(1)
STRANGER: Final = signer(2)
SLOW: Final = [HealthCheck.too_slow, HealthCheck.data_too_large]
QUICK: Final = settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
NONE: Final = frozenset[str]()


@contextmanager
def files(contents: dict[str, bytes]) -> Generator[list[Path]]:
    with TemporaryDirectory() as folder:
        paths: list[Path] = []
        for name, content in contents.items():
            path = Path(folder) / name
            path.write_bytes(content)
            paths.append(path)
        yield paths


def held(
    contents: dict[str, bytes], *, heads: frozenset[str] = NONE, after: frozenset[str] = NONE
) -> Verification:
    with files(contents) as paths:
        found = read_files(paths)
        return verify(found, Trust(keys=found.keys, heads=heads, after=after))


def of_lines(chain: ClosedChain) -> dict[str, bytes]:
    return {f"lines{n}": day.lines_file for n, day in enumerate(chain.days)}


@given(strategies.closed_chains(OURS), st.randoms(use_true_random=False))
@QUICK
def test_what_was_closed_holds_in_files_of_any_order(chain: ClosedChain, dice: object) -> None:
    contents = {"closes": chain.closes_file, "keys": chain.keys_file, **of_lines(chain)}
    names = sorted(contents)
    dice.shuffle(names)  # type: ignore[attr-defined]
    report = held({name: contents[name] for name in names})
    assert report.verdict is Verdict.HOLDS
    (found,) = report.chains
    assert (found.bad, found.lines_days) == (None, len(chain.days))
    assert found.lines == sum(len(day.lines) for day in chain.days)


@given(strategies.closed_chains(OURS))
@QUICK
def test_a_close_is_read_back_as_it_was_written(chain: ClosedChain) -> None:
    for day in chain.days:
        document = document_bytes(day.signed)
        read = read_close(decoded(document, most=len(document)))
        assert read == day.signed
        assert close_bytes(read.close) == close_bytes(day.close)
        assert close_bytes(day.close) in document
        lines = day.lines_file.splitlines(keepends=True)[1:]
        assert [read_line(line) for line in lines] == list(day.lines)


@pytest.mark.parametrize("name", sorted(CHAIN_DEFECTS))
def test_a_defect_is_told_at_its_link(name: str) -> None:
    @given(strategies.broken_chain(name, OURS, STRANGER))
    @settings(QUICK, max_examples=10)
    def told(broken: BrokenChain) -> None:
        contents = {f"closes{n}": file for n, file in enumerate(broken.closes_files)}
        contents |= {f"lines{n}": file for n, file in enumerate(broken.lines_files)}
        report = held({"keys": broken.chain.keys_file, **contents}, heads=broken.heads)
        assert report.verdict is Verdict.BROKEN
        (chain,) = report.chains
        assert chain.bad is not None
        assert chain.bad.fault in broken.faults, chain.bad
        assert chain.bad.number == broken.number

    told()


@given(strategies.closed_chains(OURS, min_days=3))
@QUICK
def test_a_chain_may_begin_after_a_close_that_is_known(chain: ClosedChain) -> None:
    rest = b"\n".join(chain.documents[1:])
    after = frozenset({close_hash(chain.days[0].close)})
    contents = {"closes": rest, "keys": chain.keys_file}
    report = held(contents, after=after)
    assert report.verdict is Verdict.HOLDS
    assert {"before", "no_lines", "tail"} <= {one.code for one in report.unchecked}
    (found,) = held(contents).chains
    assert found.bad is not None
    assert (found.bad.fault, found.bad.number) == (LinkFault.HEAD, 2)


@given(strategies.closed_chains(OURS))
@QUICK
def test_without_keys_nothing_is_proved(chain: ClosedChain) -> None:
    report = held({"closes": chain.closes_file})
    assert report.verdict is Verdict.UNPROVEN
    assert "no_keys" in {one.code for one in report.unchecked}


@given(strategies.closed_chains(OURS, min_days=2))
@QUICK
def test_a_key_counts_only_while_it_was_in_use(chain: ClosedChain) -> None:
    key = chain.signer.key
    ended = type(key)(
        public_key=key.public_key,
        from_at=key.from_at,
        until_at=chain.days[1].close.span.closed_at,
    )
    (found,) = held({"closes": chain.closes_file, "keys": keys_bytes([ended])}).chains
    assert found.bad is not None
    expected = next(
        day.close.number
        for day in chain.days
        if ended.until_at is not None and day.close.span.closed_at >= ended.until_at
    )
    assert (found.bad.fault, found.bad.number) == (LinkFault.KEY_TIME, expected)


@given(strategies.closed_chains(OURS))
@QUICK
def test_liability_is_what_the_states_say(chain: ClosedChain) -> None:
    owed = {Status.PENDING, Status.SENDING, Status.IN_DOUBT, Status.HELD, Status.REJECTED}
    present: dict[str, tuple[Status, int]] = {}
    for day in chain.days:
        for line in sorted(day.lines, key=lambda line: (line.cashback, line.sequence)):
            present[line.cashback] = line.to_status, line.centavos
        made = day.close.of_merchant
        assert made is not None
        expected = [worth for status, worth in present.values() if status in owed]
        closing = made.liability.closing
        assert (closing.count, closing.centavos) == (len(expected), sum(expected))


def told(*arguments: str | Path) -> tuple[int, str]:
    output = io.StringIO()
    with redirect_stdout(output):
        code = main([str(argument) for argument in arguments])
    return code, output.getvalue()


@given(strategies.broken_chains(OURS, STRANGER))
@QUICK
def test_both_languages_tell_it(broken: BrokenChain) -> None:
    contents = {f"closes{n}": file for n, file in enumerate(broken.closes_files)}
    contents |= {f"lines{n}": file for n, file in enumerate(broken.lines_files)}
    with files({"keys": broken.chain.keys_file, **contents}) as paths:
        heads = [part for head in sorted(broken.heads) for part in ("--head", head)]
        code, english = told(*paths, *heads)
        assert code == 1
        assert f"demo: FIRST BAD LINK: number {broken.number} (" in english
        assert "\nNOT VALID.\nNot checked:\n" in english
        code, portuguese = told(*paths, *heads, "--lang", "pt")
        assert code == 1
        assert f"demo: PRIMEIRO ELO RUIM: número {broken.number} (" in portuguese
