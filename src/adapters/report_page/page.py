"""The whole page, from its title to what is counted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from adapters.report_page.markup import Markup, joined, tag, text
from adapters.report_page.notation import Notation, notation_of
from adapters.report_page.section import Section
from adapters.report_page.style import POLICY, STYLE
from adapters.report_page.tables import Tables
from cashback_core.words.locales import phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cashback_core.figures.figures import Balance, Calls, Figures
    from cashback_core.figures.report import ReportHead
    from cashback_core.words.locales import Language


def render(
    head: ReportHead, figures: Sequence[Figures], balance: Balance | None, language: Language
) -> str:
    """One HTML document, whole by itself; the first figures lead. Raises ValueError without any."""
    if not figures:
        raise ValueError("a report is of some figures")
    page = _Page(head=head, lead=figures[0], language=language)
    # What is owed and the calls are the whole merchant's: beside a store's figures they mislead.
    whole = not figures[0].question.only
    shown = balance if whole else None
    body = joined(
        page.header(),
        page.tiles(shown),
        *map(page.section, figures),
        *([] if shown is None else [page.balance(shown)]),
        *([page.calls()] if whole else []),
        tag("footer", tag("p", text(page.say("what_is_counted")), class_="note")),
    )
    title = text(f"{page.say('title')} \u00b7 {head.name} \u00b7 {page.range()}")
    return (
        f'<!doctype html>\n<html lang="{text(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{text(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    head: ReportHead
    lead: Figures
    language: Language

    @property
    def notation(self) -> Notation:
        return notation_of(self.language)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.lead.zone)

    def say(self, name: str, **values: str) -> str:
        return phrase(self.language, f"report.{name}").format(**values)

    def section(self, figures: Figures) -> Markup:
        return Section(language=self.language, notation=self.notation)(figures)

    def range(self) -> str:
        question, written = self.lead.question, self.notation
        name = "one_day" if question.since == question.through else "range"
        since, through = written.day(question.since), written.day(question.through)
        return self.say(name, since=since, through=through)

    def header(self) -> Markup:
        """Whose report, of which days, as of when, and what of it may still change."""
        as_of = self.notation.instant(self.lead.as_of, self.zone)
        facts = [
            self.range(),
            self.say("zone", zone=self.lead.zone),
            self.say("as_of", instant=as_of),
        ]
        only = self.lead.question.only
        if only:
            section = Section(language=self.language, notation=self.notation)
            filters = [
                f"{self.say(f'dimension.{k}')} {section.name(k, v)}" for k, v in only.items()
            ]
            facts.append(self.say("only", filters=", ".join(filters)))
        whose = f"{self.head.name} ({self.head.slug})"
        parts = [
            tag("h1", text(self.say("title"))),
            tag("p", text(whose), class_="whose"),
            tag("p", *(tag("span", text(fact)) for fact in facts), class_="facts"),
            tag("p", text(self._closed()), class_="note"),
        ]
        last = self.head.last_close
        if last is not None:
            day, number = self.notation.day(last.day), self.notation.count(last.number)
            words = self.say("last_close", number=number, day=day, sha256=last.sha256)
            parts.append(tag("p", text(words), class_="note hash"))
        return tag("header", *parts)

    def _closed(self) -> str:
        through = self.lead.closed_through
        if through is None:
            return self.say("none_closed")
        if through >= self.lead.question.through:
            return self.say("all_closed")
        return self.say("closed", day=self.notation.day(through))

    def tiles(self, balance: Balance | None) -> Markup:
        """The figures that are looked for first."""
        total, written = self.lead.total, self.notation
        sales = self.say("sales_count", count=written.count(total.sales))
        tiles = [
            self._tile("sold", written.money(total.total_centavos), sales),
            self._tile(
                "accrued", written.money(total.accrued_centavos), self._cashbacks(total.accrued)
            ),
            self._tile("paid", written.money(total.paid_centavos), self._cashbacks(total.paid)),
            self._tile(
                "effective_rate", written.percent(total.effective_rate), self.say("of_sold")
            ),
        ]
        if balance is not None:
            at = self.say("at", instant=written.instant(balance.at, self.zone))
            tiles += [
                self._tile("owed", written.money(balance.owed_centavos), at),
                self._tile("in_doubt", written.money(balance.in_doubt_centavos), at),
                self._tile("paid_ever", written.money(balance.paid_centavos), at),
            ]
        attempts = self.say(
            "attempts", accepted=written.count(total.accepted), tried=written.count(total.tried)
        )
        tiles.append(self._tile("acceptance", written.percent(total.acceptance), attempts))
        return tag("dl", *tiles, class_="tiles")

    def balance(self, balance: Balance) -> Markup:
        """Cashbacks and centavos by status, as of the balance's instant."""
        written = self.notation
        at = self.say("at", instant=written.instant(balance.at, self.zone))
        rows = [
            (self.say(f"status.{status}"), written.count(s.cashbacks), written.amount(s.centavos))
            for status, s in balance.by_status.items()
            if s.cashbacks
        ]
        headings = [self.say("standing"), self.say("count"), self.say("amount")]
        return tag(
            "section",
            tag("h2", text(f"{self.say('balance')} ({at})")),
            self._tables().small(headings, rows)
            if rows
            else tag("p", text(self.say("nothing")), class_="note"),
        )

    def calls(self) -> Markup:
        """What became of the calls to the provider, how long they took, why some did not pay."""
        calls, written = self.lead.calls, self.notation
        heading = tag("h2", text(self.say("calls")))
        if not calls.attempts:
            return tag("section", heading, tag("p", text(self.say("no_calls")), class_="note"))
        made = self.say(
            "calls_made",
            attempts=written.count(calls.attempts),
            applied=written.count(calls.applied),
        )
        rows = [
            (why, written.count(count), written.percent(Fraction(count, calls.attempts)))
            for why, count in sorted(calls.failures.items(), key=lambda one: (-one[1], one[0]))
        ]
        headings = [self.say("why"), self.say("number"), self.say("part")]
        parts = [tag("p", text(f"{made} {self._latency(calls)}"))]
        if rows:
            parts.append(self._tables().small(headings, rows))
        return tag("section", heading, *parts)

    def _latency(self, calls: Calls) -> str:
        told = [calls.latency_s.get(quantile) for quantile in ("0.5", "0.95", "0.99")]
        if None in told:
            return ""
        half, most, longest = map(self.notation.seconds, told)
        return self.say("latency", half=half, most=most, all=longest)

    def _cashbacks(self, count: int) -> str:
        return self.say("cashbacks", count=self.notation.count(count))

    def _tile(self, name: str, figure: str, beside: str) -> Markup:
        return tag(
            "div",
            tag("dt", text(self.say(name))),
            tag("dd", text(figure), class_="figure"),
            tag("dd", text(beside), class_="beside"),
            class_="tile",
        )

    def _tables(self) -> Tables:
        return Tables(language=self.language, notation=self.notation)
