"""The report as a page: what it tells, how it is written, and that a name is never a mark."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import date
from fractions import Fraction
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.report_page import POLICY, render
from adapters.report_page.charts import MAX_COLUMNS
from adapters.report_page.notation import notation_of
from adapters.report_page.style import STYLE
from adapters.report_page.tables import MAX_ROWS
from cashback_core.delivery.states import Status
from cashback_core.figures.figures import Calls, Dimension, FiguresQuestion, FiguresRow, Measures
from cashback_core.figures.report import ReportHead, ReportHeads, ReportPages, report_questions
from cashback_core.words.locales import ENGLISH, Language, languages, phrases
from contract.report_samples import BALANCE, HEAD, HOSTILE, THROUGH, figures, whole

PORTUGUESE = Language("pt")
TAGS = {
    "html", "head", "meta", "link", "title", "style", "body", "header", "footer", "section", "h1",
    "h2", "p", "span", "dl", "div", "dt", "dd", "figure", "figcaption", "svg", "rect", "line",
    "polyline", "text", "table", "thead", "tbody", "tfoot", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "rel", "href", "class", "scope", "colspan",
    "x", "y", "x1", "x2", "y1", "y2", "width", "height", "points", "text-anchor", "viewbox", "role",
    "aria-hidden",
}  # fmt: skip


class Reader(HTMLParser):
    """Every element with its attributes, that all are closed, and the texts by element."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in {"meta", "link"}:
            self.open.append(tag)
        if tag in {"td", "th", "dd", "p", "h2", "text"}:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.cells and self.open and self.open[-1] != "title":
            self.cells[-1] += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES
    return reader


@pytest.mark.parametrize("language", languages())
def test_a_whole_report_tells_every_figure_in_each_language(language: Language) -> None:
    page = render(HEAD, whole(), BALANCE, language)
    cells = read(page).cells
    written = notation_of(language)
    by_day = whole()[0]
    for row in by_day.rows:
        assert written.day(date.fromisoformat(row.keys[0])) in cells
        assert written.amount(row.measures.paid_centavos) in cells
    assert written.money(by_day.total.accrued_centavos) in cells
    assert written.money(BALANCE.owed_centavos) in cells
    assert written.percent(by_day.total.effective_rate) in cells
    assert "refused: status 422" in cells
    assert HEAD.last_close is not None
    assert HEAD.last_close.sha256 in page
    assert f'<html lang="{language}">' in page


def test_every_phrase_of_the_report_is_used() -> None:
    hourly = figures(Dimension.HOUR)
    others = (
        figures(Dimension.STATUS), figures(Dimension.MONTH), figures(),
        figures(Dimension.TYPE, keys=[str(number) for number in range(MAX_ROWS + 3)]),
    )  # fmt: skip
    question = replace(hourly.question, only={Dimension.TYPE: "A"})
    one_day = FiguresQuestion(since=THROUGH, through=THROUGH, by=())
    empty = replace(
        figures(), question=one_day, rows=(), closed_through=None,
        calls=Calls(attempts=0, applied=0, failures={}, latency_s={}),
    )  # fmt: skip
    every = {status: next(iter(BALANCE.by_status.values())) for status in _statuses()}
    two = FiguresQuestion(since=THROUGH, through=THROUGH, by=(Dimension.DAY, Dimension.TYPE))
    both = replace(
        empty, question=two, closed_through=THROUGH,
        rows=(FiguresRow(keys=("2026-11-30", "A"), measures=Measures(sales=1)),),
    )  # fmt: skip
    pages = "".join(
        render(HEAD, told, replace(BALANCE, by_status=every), ENGLISH)
        for told in (whole(), (replace(hourly, question=question),), others, (empty,), (both,))
    )
    unescaped = pages.replace("&#x27;", "'")
    for name, words in phrases(ENGLISH).items():
        if name.startswith("report."):
            for part in re.split(r"\{[a-z0-9]+\}", words):
                assert part.strip().lower() in unescaped.lower(), name


def _statuses() -> list[Status]:
    return [*Status]


def test_a_page_of_one_store_tells_nothing_that_is_the_whole_merchant_s() -> None:
    """What is owed and the calls know no filter: beside a store's figures they mislead."""
    told = figures(Dimension.DAY)
    filtered = replace(told, question=replace(told.question, only={Dimension.STORE: "02"}))
    words = [
        phrases(ENGLISH)[f"report.{name}"] for name in ("owed", "paid_ever", "balance", "calls")
    ]
    page = render(HEAD, (told,), BALANCE, ENGLISH)
    of_one = render(HEAD, (filtered,), BALANCE, ENGLISH)
    assert [word for word in words if f">{word}" not in page] == []
    assert [word for word in words if f">{word}" in of_one] == []


async def test_a_page_is_drawn_beside_what_else_goes_on() -> None:
    drawn_in: list[int] = []

    def draw(head: object, figures: object, balance: object, language: object) -> str:
        del head, figures, balance, language
        drawn_in.append(threading.get_ident())
        return "a page"

    class Heads(ReportHeads):
        async def head(self, merchant_id: int, closed_through: date | None) -> ReportHead:
            del merchant_id, closed_through
            return HEAD

    pages = ReportPages(heads=Heads(), draw=draw, policy="")
    assert await pages(1, (figures(Dimension.DAY),), BALANCE, ENGLISH) == "a page"
    assert drawn_in != [threading.get_ident()]


def test_names_are_texts_and_never_marks() -> None:
    named = figures(Dimension.STORE, keys=[HOSTILE, "a" * 300, ""])
    calls = replace(named.calls, failures={HOSTILE: 3})
    page = render(
        ReportHead(name=HOSTILE, slug="demo"), (replace(named, calls=calls),), BALANCE, ENGLISH
    )
    reader = read(page)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "<script>alert(1)</script>\"' onload=\ufffdx & Filhos" in reader.cells


@given(name=st.text(max_size=80), keys=st.lists(st.text(max_size=40), max_size=4, unique=True))
def test_whatever_a_name_is_the_page_stays_what_it_is(name: str, keys: list[str]) -> None:
    page = render(
        ReportHead(name=name, slug="demo"), (figures(Dimension.STORE, keys=keys),), None, ENGLISH
    )
    read(page)


def test_nothing_is_loaded_and_nothing_runs() -> None:
    page = render(HEAD, whole(), BALANCE, PORTUGUESE)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<script|\son[a-z]+=|style=", page)
    assert STYLE in page
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.replace("&#x27;", "'") == POLICY
    assert POLICY.startswith("default-src 'none'; style-src 'sha256-")


def test_a_bar_is_as_long_as_its_amount() -> None:
    rows = [("A", 300_00), ("B", 150_00), ("C", 0)]
    told = replace(
        figures(Dimension.TYPE),
        rows=tuple(
            FiguresRow(keys=(key,), measures=Measures(accrued_centavos=centavos))
            for key, centavos in rows
        ),
    )
    page = render(HEAD, (told,), None, ENGLISH)
    bars = re.findall(r'<rect class="first" x="190" y="[0-9.]+" width="([0-9.]+)"', page)
    assert [float(width) for width in bars] == [450.0, 225.0]


def test_a_day_without_figures_has_its_place_and_a_year_is_drawn_as_lines() -> None:
    some = figures(Dimension.DAY, keys=["2026-11-01", "2026-11-30"])
    page = render(HEAD, (some,), None, ENGLISH)
    assert page.count('<rect class="first"') == page.count('<rect class="second"') == 3
    assert ">11-16</text>" in page
    year = FiguresQuestion(since=date(2026, 1, 1), through=date(2026, 11, 30), by=(Dimension.DAY,))
    assert (year.through - year.since).days > MAX_COLUMNS
    page = render(HEAD, (replace(some, question=year),), None, ENGLISH)
    assert page.count("<polyline") == 2


def test_rows_that_are_left_out_are_told() -> None:
    many = figures(Dimension.STORE, keys=[f"S{number}" for number in range(MAX_ROWS + 2)])
    page = render(HEAD, (many,), None, ENGLISH)
    assert "2 further rows are left out here" in page
    first, *_ = page.split("</section>")
    assert first.count("<tr>") == MAX_ROWS + 2
    assert "991 others" in page


def test_numbers_are_as_each_language_writes_them() -> None:
    english, brazilian = notation_of(ENGLISH), notation_of(PORTUGUESE)
    assert english.money(123_456_789) == "R$\u00a01,234,567.89"
    assert brazilian.money(123_456_789) == "R$\u00a01.234.567,89"
    assert brazilian.money(-5) == "R$\u00a0\u22120,05"
    assert brazilian.percent(Fraction(1, 3)) == "33,33\u00a0%"
    assert english.percent(None) == "\u2013"
    assert [brazilian.seconds(s) for s in (None, 0.0812, 1.3)] == [
        "\u2013",
        "81\u00a0ms",
        "1,30\u00a0s",
    ]
    assert (english.reais(50_000), english.reais(50)) == ("500", "0.50")
    assert (english.day(THROUGH), brazilian.day(THROUGH)) == ("2026-11-30", "30/11/2026")


def test_a_report_is_of_some_figures() -> None:
    with pytest.raises(ValueError, match="some figures"):
        render(HEAD, (), None, ENGLISH)


def test_a_whole_report_asks_over_time_and_by_what_is_not_filtered() -> None:
    asked = report_questions(date(2026, 11, 1), THROUGH, only={Dimension.STORE: "17"})
    assert [one.by for one in asked] == [
        (Dimension.DAY,), (Dimension.TYPE,), (Dimension.HOUR,), (Dimension.CLIENT,),
    ]  # fmt: skip
    assert {tuple(one.only.items()) for one in asked} == {((Dimension.STORE, "17"),)}
    (first, *_) = report_questions(date(2026, 1, 1), THROUGH)
    assert first.by == (Dimension.MONTH,)
