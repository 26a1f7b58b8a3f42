"""A report for people, in their language, and for programs, in JSON."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from cashback_core.closing.day import DoesNotAddUp
from cashback_core.closing.lines_check import OtherLines
from cashback_core.values.documents import mask
from cashback_core.values.money import format_signed_centavos
from cashback_core.verify.report import KeysTrusted, Verdict, owed_at_the_end
from cashback_core.words.locales import Language, phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashback_core.closing.chain import BadLink
    from cashback_core.verify.report import ChainReport, Unchecked, Verification

REPORT_FORMAT: Final = "cashback-verification/1"


class Teller:
    """Tells a report in a language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def text(self, report: Verification) -> str:
        """For whoever reads it at a terminal or keeps it in a file."""
        return "\n".join(_plain(line) for line in self._lines(report)) + "\n"

    def json(self, report: Verification) -> str:
        """The same as one JSON object; `detail` is in the language, codes are stable."""
        value = {
            "format": REPORT_FORMAT,
            "verdict": report.verdict.value,
            "keys_trusted": report.keys.value,
            "chains": [self._chain_value(chain) for chain in report.chains],
            "unknown_heads": list(report.unknown_heads),
            "unreadable": [
                {"file": source, "detail": detail} for source, detail in report.unreadable
            ],
            "persons": [
                {
                    "document": mask(one.document),
                    "owner": one.head.owner,
                    "number": one.head.number,
                    "day": one.head.day.isoformat(),
                    "lines": one.lines,
                    "cashbacks": list(one.cashbacks),
                }
                for one in report.persons
            ],
            "not_checked": [
                {"code": one.code, **one.values, "detail": self._unchecked(one)}
                for one in report.unchecked
            ],
        }
        return json.dumps(value, indent=2) + "\n"

    def _lines(self, report: Verification) -> Iterator[str]:
        for chain in report.chains:
            yield from self._chain(chain)
        for sha256 in report.unknown_heads:
            yield self._say("verify.unknown_head", sha256=sha256)
        for source, detail in report.unreadable:
            yield self._say("verify.unreadable", source=source, detail=detail)
        for one in report.persons:
            yield self._say(
                "verify.person",
                document=mask(one.document),
                lines=one.lines,
                owner=one.head.owner,
                day=one.head.day.isoformat(),
            )
            yield from (f"  {cashback}" for cashback in one.cashbacks)
        as_given = report.verdict is Verdict.HOLDS and report.keys is KeysTrusted.AS_GIVEN
        yield self._say("verify.holds_as_given" if as_given else f"verify.{report.verdict}")
        yield self._say("verify.not_checked")
        yield from (f"- {self._unchecked(one)}" for one in report.unchecked)

    def _chain(self, chain: ChainReport) -> Iterator[str]:
        good = chain.good
        if good:
            first, last = good[0], good[-1]
            yield self._say(
                "verify.chain",
                owner=self._owner(chain.owner),
                since=first.day,
                through=last.day,
                first=first.number,
                last=last.number,
            )
            owed = owed_at_the_end(chain)
            if owed is not None:
                reais = format_signed_centavos(owed.centavos)
                yield self._say("verify.owed", owed=reais, count=owed.count)
            for key, start, end in _keys(chain):
                yield self._say("verify.signed", key=key, first=start, last=end)
            if chain.lines_days:
                yield self._say("verify.recomputed", days=chain.lines_days, lines=chain.lines)
            if late := _late(chain):
                yield self._say("verify.late", late=late)
            yield self._say("verify.head", sha256=last.sha256)
        if chain.bad is not None:
            yield from self._bad(chain.bad)

    def _bad(self, bad: BadLink) -> Iterator[str]:
        yield self._say(
            "verify.bad",
            owner=self._owner(bad.owner),
            number=bad.number,
            day=bad.day or self._say("verify.no_day"),
            fault=self._say(f"close.{bad.fault}", **bad.values),
        )
        if detail := self._cause(bad.cause):
            yield self._say("verify.detail", detail=detail)
        for source in bad.sources:
            yield self._say("verify.source", source=source)

    def _chain_value(self, chain: ChainReport) -> dict[str, Any]:
        good, owed = chain.good, owed_at_the_end(chain)
        value: dict[str, Any] = {
            "owner": chain.owner,
            "closes": len(good),
            "first": good[0].number if good else None,
            "last": good[-1].number if good else None,
            "since": str(good[0].day) if good else None,
            "through": str(good[-1].day) if good else None,
            "head": good[-1].sha256 if good else None,
            "owed": None if owed is None else {"count": owed.count, "centavos": owed.centavos},
            "late": _late(chain),
            "days_made_anew": chain.lines_days,
            "lines": chain.lines,
            "keys": [{"id": key, "first": start, "last": end} for key, start, end in _keys(chain)],
            "first_bad": None,
        }
        if chain.bad is not None:
            value["first_bad"] = self._bad_value(chain.bad)
        return value

    def _bad_value(self, bad: BadLink) -> dict[str, Any]:
        return {
            "number": bad.number,
            "day": None if bad.day is None else bad.day.isoformat(),
            "fault": bad.fault.value,
            "detail": self._say(f"close.{bad.fault}", **bad.values),
            "cause": self._cause(bad.cause) or None,
            "files": list(bad.sources),
        }

    def _cause(self, cause: BaseException | None) -> str:
        """What exactly, where there is more to tell; of the form of a file in English."""
        if cause is None:
            return ""
        if isinstance(cause, DoesNotAddUp):
            return cause.text(self._language)
        if isinstance(cause, OtherLines):
            said = self._say(f"lines.{cause.code}", **cause.values)
            more = self._cause(cause.__cause__)
            return f"{said}: {more}" if more else said
        return str(cause)

    def _unchecked(self, one: Unchecked) -> str:
        values = dict(one.values)
        if "owner" in values:
            values["owner"] = self._owner(str(values["owner"]) or None)
        return self._say(f"unchecked.{one.code}", **values)

    def _owner(self, owner: str | None) -> str:
        return owner or self._say("verify.account")

    def _say(self, name: str, **values: object) -> str:
        return phrase(self._language, name).format(**values)


def _late(chain: ChainReport) -> int:
    days = (link.signed.close.of_merchant for link in chain.good if link.signed is not None)
    return sum(day.late for day in days if day is not None)


def _keys(chain: ChainReport) -> Iterator[tuple[str, int, int]]:
    """Which key signed from which number to which."""
    signed = [(link.signed.close.key, link.number) for link in chain.good if link.signed]
    for key, group in groupby(signed, key=lambda pair: pair[0]):
        numbers = [number for _, number in group]
        yield key, numbers[0], numbers[-1]


def _plain(line: str) -> str:
    """Without what a terminal would obey; names of files are anybody's."""
    return "".join(one if one.isprintable() else "?" for one in line)
