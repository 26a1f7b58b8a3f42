"""Every way in which the sandbox can tell its statement: one table, one sentence each.

The ledger stays the truth; a telling changes what the statement says of it. The names are what
`POST /behaviours` takes as `statement` and `GET /behaviours` lists; the tests of the reader run
over this table, so a row added here asks for its expected reading there.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from adapters.cashback_client.sandbox.answers import BOMB_BYTES, problem, render
from adapters.cashback_client.sandbox.ledger import format_instant, parse_instant
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DAY_US: Final = 86_400_000_000
_MINUTE_US: Final = 60_000_000
PAGE_ROWS: Final = 2
"""Least rows of a page, where the statement is told in pages."""

MAX_PAGES: Final = 50
"""Most pages: of more rows each page has more."""

OTHERS: Final = ("11144477735", "52998224725")
"""Whom another customer's line names; the second where it is the first's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row to be told; `reference` is ours; `counted_centavos` is its part of the sum.

    `fields` None is a row that is no object.
    """

    fields: dict[str, object] | None
    reference: str | None
    centavos: int
    counted_centavos: int

    def saying(self, **fields: object) -> Entry:
        """The same row, saying something else."""
        return replace(self, fields={**(self.fields or {}), **fields})

    def without(self, name: str) -> Entry:
        """The same row, not saying something."""
        return replace(self, fields={k: v for k, v in (self.fields or {}).items() if k != name})

    def amounting(self, centavos: int) -> Entry:
        """The same row with another amount, negative ones too."""
        sign = "-" if centavos < 0 else ""
        told = self.saying(cashback=sign + format_centavos(abs(centavos)))
        return replace(told, centavos=centavos, counted_centavos=centavos)


@dataclass(slots=True, kw_only=True)
class Asked:
    """A question for a statement: its window, its page from 0 on, and now, in microseconds."""

    from_us: int | None
    now_us: int
    page: int = 0
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One way to tell a statement. Each part changes one thing of it.

    `row`: what is told instead of a row (of every row, or of those of the customer that the
    instruction names). `rows`: what is told instead of all of them. Then totals are made that fit.
    `head` changes what is declared, `spelled` the bytes of the answer. `pages`: in pages.
    """

    name: str
    sentence: str
    row: Callable[[Entry], Sequence[Entry]] | None = None
    rows: Callable[[list[Entry]], list[Entry]] | None = None
    head: Callable[[dict[str, object], Asked], None] | None = None
    spelled: Callable[[bytes, Asked], bytes] | None = None
    pages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The tellings in force; with `lines_of`, only that customer's rows are told otherwise."""

    tellings: tuple[Telling, ...] = ()
    lines_of: str | None = None
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(telling.name for telling in self.tellings))

    def entries(self, entries: list[Entry]) -> list[Entry]:
        """What is told instead of these."""
        for telling in self.tellings:
            if telling.row is not None:
                entries = [
                    told
                    for entry in entries
                    for told in (telling.row(entry) if self._is_meant(entry) else (entry,))
                ]
            if telling.rows is not None:
                entries = telling.rows(entries)
        return entries

    def _is_meant(self, entry: Entry) -> bool:
        return self.lines_of is None or (entry.fields or {}).get("document") == self.lines_of


def _row(name: str, sentence: str, change: Callable[[Entry], Entry]) -> Telling:
    return Telling(name=name, sentence=sentence, row=lambda entry: (change(entry),))


def _reference(name: str, sentence: str, spell: Callable[[str], object]) -> Telling:
    """A row that echoes our reference in its own spelling, whether or not the others do."""
    return _row(name, sentence, lambda entry: entry.saying(reference=spell(entry.reference or "")))


def _head(name: str, sentence: str, change: Callable[[dict[str, object], Asked], None]) -> Telling:
    return Telling(name=name, sentence=sentence, head=change)


def _spelled(name: str, sentence: str, spell: Callable[[bytes, Asked], bytes]) -> Telling:
    return Telling(name=name, sentence=sentence, spelled=spell)


def _set(**declared: object) -> Callable[[dict[str, object], Asked], None]:
    return lambda head, _: head.update(declared)


def _unset(*names: str) -> Callable[[dict[str, object], Asked], None]:
    def change(head: dict[str, object], _: Asked) -> None:
        for name in names:
            del head[name]

    return change


def _net_of_a_fee(entry: Entry) -> Entry:
    return entry.amounting(entry.centavos - 1 if entry.centavos > 1 else entry.centavos + 1)


def _another_customer(entry: Entry) -> Entry:
    own = (entry.fields or {}).get("document")
    return entry.saying(document=next(other for other in OTHERS if other != own))


def _punctuated(document: str) -> str:
    return f"{document[:3]}.{document[3:6]}.{document[6:9]}-{document[9:]}"


def _document(name: str, sentence: str, spell: Callable[[str], object]) -> Telling:
    return _row(
        name,
        sentence,
        lambda entry: entry.saying(document=spell(str((entry.fields or {})["document"]))),
    )


def _at(name: str, sentence: str, spell: Callable[[str], object]) -> Telling:
    return _row(
        name, sentence, lambda entry: entry.saying(at=spell(str((entry.fields or {})["at"])))
    )


def _later(entry: Entry, seconds: int) -> Entry:
    at = parse_instant(str((entry.fields or {})["at"]))
    return entry.saying(at=format_instant(at + seconds * 1_000_000))


def _typed_reversal(entry: Entry) -> Entry:
    """Taken back, with a positive amount: the sum is net all the same."""
    taken_back = _later(entry, 1).saying(type="estorno")
    return replace(taken_back, counted_centavos=-entry.centavos)


def _foreign(entries: list[Entry]) -> list[Entry]:
    at = (entries[-1].fields or {}).get("at") if entries else "2026-01-02T03:04:05Z"
    fields: dict[str, object] = {"at": at, "document": OTHERS[0], "cashback": "77.77"}
    entry = Entry(fields=fields, reference=None, centavos=7_777, counted_centavos=7_777)
    return [*entries, entry]


def _shifted_local(at: str) -> str:
    return format_instant(parse_instant(at) - 180 * _MINUTE_US).replace("Z", "-03:00")


def _declared_later(head: dict[str, object], asked: Asked) -> None:
    head["from"] = format_instant(asked.now_us + _MINUTE_US)


def _tomorrow(head: dict[str, object], asked: Asked) -> None:
    head["complete_through"] = format_instant(asked.now_us + _DAY_US)


def _today(head: dict[str, object], asked: Asked) -> None:
    head["complete_through"] = format_instant(asked.now_us)[:10]


def _one_more(head: dict[str, object], _: Asked) -> None:
    head["count"] = int(str(head["count"])) + 1


def _one_centavo_more(head: dict[str, object], _: Asked) -> None:
    head["sum"] = format_sum(round(float(str(head["sum"])) * 100) + 1)


def _as_numbers(head: dict[str, object], _: Asked) -> None:
    head["sum"], head["count"] = float(str(head["sum"])), str(head["count"])


def _first_half(entries: list[Entry]) -> list[Entry]:
    return entries[: len(entries) // 2]


def _failing_second_page(answer: bytes, asked: Asked) -> bytes:
    return problem(500) if asked.page else answer


def _leading(where: str) -> Callable[[dict[str, object], Asked], None]:
    return lambda head, asked: head.update(next=where.replace("{address}", asked.address))


def _compressed(answer: bytes, more: bytes = b"") -> bytes:
    body = gzip.compress(answer.partition(b"\r\n\r\n")[2] + more, compresslevel=6)
    return render(200, body, headers="Content-Encoding: gzip\r\n")


def _cut(answer: bytes, _: Asked) -> bytes:
    body = answer.partition(b"\r\n\r\n")[2]
    return render(200, body[: len(body) * 2 // 3])


def format_sum(centavos: int) -> str:
    """Spell a sum, which may be negative."""
    return ("-" if centavos < 0 else "") + format_centavos(abs(centavos))


_ALL: Final = (
    _row("other_amount", "ours, but one centavo was kept as a fee", _net_of_a_fee),
    _row("other_customer", "ours, but under another customer", _another_customer),
    _reference("reference_upper_case", "our reference in upper case", str.upper),
    _reference(
        "reference_without_dashes", "our reference without dashes", lambda r: r.replace("-", "")
    ),
    _reference("reference_cut", "our reference without its last character", lambda r: r[:-1]),
    _reference("reference_padded", "our reference and three blanks", lambda r: r + "   "),
    _reference("reference_prefixed", "our reference after a prefix", lambda r: f"CASHBACK-{r}"),
    _reference("reference_null", "null for our reference", lambda _: None),
    _row("reference_missing", "no reference", lambda entry: entry.without("reference")),
    Telling(
        name="no_references",
        sentence="no reference on any line",
        rows=lambda entries: [entry.without("reference") for entry in entries],
    ),
    Telling(
        name="credited_twice",
        sentence="two lines for one credit",
        row=lambda entry: (entry, _later(entry, 1)),
    ),
    Telling(
        name="credited_three_times",
        sentence="three lines for one credit",
        row=lambda entry: (entry, _later(entry, 1), _later(entry, 2)),
    ),
    Telling(
        name="foreign_credit",
        sentence="one more line, of a customer whom nobody here paid (77.77)",
        rows=_foreign,
    ),
    Telling(name="missing_lines", sentence="lines are missing", row=lambda _: ()),
    Telling(
        name="reversed",
        sentence="a second line takes the amount back: it is negative",
        row=lambda entry: (entry, _later(entry, 1).amounting(-entry.centavos)),
    ),
    Telling(
        name="reversed_by_type",
        sentence='a second line takes the amount back: its type is "estorno"',
        row=lambda entry: (entry, _typed_reversal(entry)),
    ),
    _row(
        "amount_as_number",
        "amounts are numbers: 1.4",
        lambda entry: entry.saying(cashback=entry.centavos / 100),
    ),
    _row(
        "amount_short",
        'amounts have no closing zeros: "1.4"',
        lambda entry: entry.saying(cashback=f"{entry.centavos / 100:.12g}"),
    ),
    _row(
        "amount_unreadable",
        'amounts are spelled "R$ 1,40"',
        lambda entry: entry.saying(cashback=f"R$ {entry.centavos / 100:.2f}".replace(".", ",")),
    ),
    _document("document_as_number", "documents are numbers, without leading zeros", int),
    _document("document_punctuated", "documents are spelled 529.982.247-25", _punctuated),
    _document(
        "document_masked",
        "documents are masked: ***.982.247-**",
        lambda document: f"***.{document[3:6]}.{document[6:9]}-**",
    ),
    _at("date_only", "dates instead of instants", lambda at: at[:10]),
    _at("local_offset", "instants with the offset of Brasília", _shifted_local),
    _at("instant_unreadable", 'instants are spelled "yesterday"', lambda _: "yesterday"),
    _row("instant_missing", "no instants", lambda entry: entry.without("at")),
    _row("row_not_an_object", "null for a line", lambda entry: replace(entry, fields=None)),
    _head("watermark_tomorrow", "complete through this time tomorrow", _tomorrow),
    _head(
        "watermark_for_ever",
        "complete through the end of the year 9999",
        _set(complete_through="9999-12-31T23:59:59Z"),
    ),
    _head("watermark_date_only", "complete through a date", _today),
    _head("watermark_missing", "no word on how far it is complete", _unset("complete_through")),
    _head("watermark_unreadable", 'complete through "now"', _set(complete_through="now")),
    Telling(
        name="declared_later",
        sentence="no lines, and a start later than was asked for: in a minute",
        row=lambda _: (),
        head=_declared_later,
    ),
    _head("start_missing", "no word on its start", _unset("from")),
    Telling(
        name="one_page_of_several",
        sentence="the first half of the lines, and has_more",
        rows=_first_half,
        head=_set(has_more=True),
    ),
    Telling(name="paged", sentence="pages of two lines or more; next is a cursor", pages=True),
    Telling(
        name="paged_page_fails",
        sentence="pages of two lines or more; the second answers 500",
        pages=True,
        spelled=_failing_second_page,
    ),
    _head("paged_in_a_circle", "next leads back to itself", _leading("{address}")),
    _head("paged_elsewhere", "next leads to another host", _leading("http://elsewhere.invalid/")),
    _head("wrong_count", "one line more is declared", _one_more),
    _head("wrong_sum", "one centavo more is declared", _one_centavo_more),
    _head("totals_missing", "no control totals", _unset("count", "sum")),
    _head("totals_as_numbers", "the sum is a number, the count a text", _as_numbers),
    _spelled("gzip", "compressed, though nobody asked", lambda answer, _: _compressed(answer)),
    _spelled(
        "gzip_bomb",
        f"compressed; followed by {BOMB_BYTES:,} blanks",
        lambda answer, _: _compressed(answer, b" " * BOMB_BYTES),
    ),
    _spelled("cut_json", "cut off after two thirds", _cut),
    _spelled(
        "not_json",
        "a page of HTML",
        lambda _answer, _asked: render(200, b"<html>Indispon\xedvel</html>"),
    ),
    _spelled("unavailable", "no statement: 500", lambda _answer, _asked: problem(500)),
)

TELLINGS: Final = MappingProxyType({telling.name: telling for telling in _ALL})
"""Every telling by its name."""


def as_body(head: dict[str, object], entries: Sequence[Entry]) -> bytes:
    """Spell a page."""
    body = {**head, "rows": [entry.fields for entry in entries]}
    return json.dumps(body, separators=(",", ":")).encode("ascii")
