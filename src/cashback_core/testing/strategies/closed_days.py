"""Closed days: lines of a merchant's days, and chains of closes, signed by whoever is given.

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    signer = ChainSigner(public_key=private.public_key().public_bytes_raw(), sign=private.sign)

    @given(closed_chains(signer))
    def test_my_archive_keeps_them(chain): ...

The core signs nothing itself, so a test brings what does.
"""

# ruff: noqa: TC002, TC003 - users' tools read these annotations at run time
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cashback_core.closing.close import (
    Chained,
    Close,
    ProviderDay,
    SignedClose,
    Span,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.closing.day import Amount, Day
from cashback_core.closing.day_under_way import build_day
from cashback_core.closing.keys import CloseKey, key_id, keys_bytes
from cashback_core.closing.lines import DayLine, LinesHead, head_bytes, line_bytes
from cashback_core.closing.movements import movements_of
from cashback_core.closing.persons import person_of
from cashback_core.delivery.states import TRANSITIONS, Status

_FIRST_DAY: Final = date(2026, 11, 1)
_FIRST_BEGINS: Final = datetime(2026, 11, 1, 3, tzinfo=UTC)
_ONE_DAY: Final = timedelta(days=1)
_NEXT: Final = {
    status: sorted({after for before, after, _ in TRANSITIONS if before is status})
    for status in (None, *Status)
}
_STORES: Final = (None, "SP-01", "SP-02", '"\\')
_CLASSES: Final = ("ambiguous", "matched", "not_expected")
_MAX_DAYS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSigner:
    """Who signs: the public key, and what signs by its private one."""

    public_key: bytes
    sign: Callable[[bytes], bytes]

    @property
    def key(self) -> CloseKey:
        """As a file of keys tells it: in use from before any day drawn here."""
        return CloseKey(public_key=self.public_key, from_at=_FIRST_BEGINS - _ONE_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDay:
    """A close and the lines that it was made of."""

    signed: SignedClose
    lines: tuple[DayLine, ...]

    @property
    def close(self) -> Close:
        """The close, without who signed it."""
        return self.signed.close

    @property
    def lines_file(self) -> bytes:
        """The file of its lines."""
        span, owner = self.close.span, self.close.owner
        assert owner is not None
        head = LinesHead(owner=owner, number=self.close.number, day=span.day)
        return head_bytes(head) + b"".join(map(line_bytes, self.lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedChain:
    """A merchant's closes from its first day on, and who signed them."""

    signer: ChainSigner
    days: tuple[ClosedDay, ...]

    @property
    def documents(self) -> tuple[bytes, ...]:
        """Each close as it is sent, without a line feed."""
        return tuple(document_bytes(day.signed) for day in self.days)

    @property
    def closes_file(self) -> bytes:
        """All of them as JSON Lines."""
        return b"".join(document + b"\n" for document in self.documents)

    @property
    def keys_file(self) -> bytes:
        """The file of the key that signed them."""
        return keys_bytes([self.signer.key])


def rechained(signer: ChainSigner, closes: Iterable[Close]) -> tuple[SignedClose, ...]:
    """Closes from number 1 on, each made to follow from the one before, and signed.

    What its owner could make of them: only a hash that others know tells that they were changed.
    """
    signed: list[SignedClose] = []
    previous: str | None = None
    for number, close in enumerate(closes, start=1):
        chained = Chained(owner=close.owner, number=number, previous=previous)
        follows = replace(close, chained=chained, key=key_id(signer.public_key))
        signed.append(sign_close(follows, signer.sign))
        previous = close_hash(follows)
    return tuple(signed)


def closed_chains(
    signer: ChainSigner, *, owner: str = "demo", min_days: int = 1, max_days: int = _MAX_DAYS
) -> SearchStrategy[ClosedChain]:
    """Chains of so many days, in which cashbacks move as they may, some told late."""
    return _chains(signer, owner, min_days, max_days)


@dataclass(slots=True)
class _Cashback:
    id: str
    types: dict[str, int]
    store: str | None
    person: str | None
    status: Status | None = None
    sequence: int = 0

    def moved(self, to: Status, at: datetime) -> DayLine:
        before, self.status = self.status, to
        self.sequence += 1
        return DayLine(
            at=at,
            cashback=self.id,
            sequence=self.sequence,
            from_status=before,
            to_status=to,
            centavos=sum(self.types.values()),
            person=self.person,
            store=self.store,
            types=self.types if movements_of(before, to) else {},
        )


@st.composite
def _chains(draw: DrawFn, signer: ChainSigner, owner: str, fewest: int, most: int) -> ClosedChain:
    days = draw(st.integers(fewest, most))
    cashbacks: list[_Cashback] = []
    closes: list[Close] = []
    lines_of: list[tuple[DayLine, ...]] = []
    day: Day | None = None
    provider: tuple[ProviderDay, ...] = ()
    for number in range(1, days + 1):
        span = _span(number, closed_after=draw(st.integers(10, 600)))
        lines = _lines(draw, span, cashbacks)
        day = build_day(
            lines,
            {} if day is None else day.closing,
            head=LinesHead(owner=owner, number=number, day=span.day),
            begins_at=span.begins_at,
            ends_at=span.ends_at,
        )
        provider = _provider(draw, provider)
        first = "" if number == 1 else "0" * 64
        closes.append(
            Close(
                chained=Chained(owner=owner, number=number, previous=first or None),
                span=span,
                key=key_id(signer.public_key),
                provider=provider,
                of_merchant=day,
            )
        )
        lines_of.append(tuple(lines))
    signed = rechained(signer, closes)
    return ClosedChain(
        signer=signer,
        days=tuple(
            ClosedDay(signed=one, lines=lines) for one, lines in zip(signed, lines_of, strict=True)
        ),
    )


def _span(number: int, *, closed_after: int) -> Span:
    begins_at = _FIRST_BEGINS + (number - 1) * _ONE_DAY
    ends_at = begins_at + _ONE_DAY
    return Span(
        day=_FIRST_DAY + (number - 1) * _ONE_DAY,
        zone="America/Sao_Paulo",
        begins_at=begins_at,
        ends_at=ends_at,
        closed_at=ends_at + timedelta(minutes=closed_after),
        below=1000 * number,
    )


def _lines(draw: DrawFn, span: Span, cashbacks: list[_Cashback]) -> list[DayLine]:
    lines: list[DayLine] = []
    for which, late, choice in draw(_STEPS):
        if which >= len(cashbacks):
            cashbacks.append(_cashback(draw, len(cashbacks)))
        cashback = cashbacks[min(which, len(cashbacks) - 1)]
        targets = _NEXT[cashback.status]
        if targets:
            at = span.begins_at + timedelta(seconds=-1 - choice if late else 600 * len(lines))
            lines.append(cashback.moved(targets[choice % len(targets)], at))
    return sorted(lines, key=lambda line: line.key)


_STEPS: Final = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([False] * 9 + [True]), st.integers(0, 6)),
    max_size=8,
)


def _cashback(draw: DrawFn, index: int) -> _Cashback:
    types = draw(
        st.dictionaries(
            st.sampled_from("ABCD"), st.integers(0, 100_000), min_size=1, max_size=3
        )
    )  # fmt: skip
    person = draw(st.sampled_from([None, bytes(32), b"\1" * 32]))
    return _Cashback(
        id=str(UUID(int=index + 1)),
        types=types,
        store=draw(st.sampled_from(_STORES)),
        person=None if person is None else person_of(person, "52998224725"),
    )


def _provider(draw: DrawFn, before: Sequence[ProviderDay]) -> tuple[ProviderDay, ...]:
    opening = {row.name: row.closing for row in before}
    rows = [
        ProviderDay(
            name=name,
            opening=opening.get(name, Amount()),
            entered=Amount(count=count, centavos=centavos),
        )
        for name in _CLASSES
        for count, centavos in [draw(st.sampled_from([(0, 0), (0, 0), (1, 140), (2, -140)]))]
    ]
    return tuple(row for row in rows if row.opening or row.entered)
