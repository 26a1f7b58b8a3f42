"""What the service answers of days, figures and cases, for the examples of the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from integration.belongings import SLUGS
from integration.journeys import sale_of_now
from integration.kept_closes import keep_close
from integration.kept_differences import a_difference, keep_difference

if TYPE_CHECKING:
    from integration.real_answers import Asking

QUIET: int = 2
"""Sells nothing but what is sold here, so that its figures are the same each time."""


def ask_of_figures(quiet: Asking) -> None:
    """One sale of a day, what was paid for it, and what it would have cost."""
    told = sale_of_now(quiet.fresh("52998224725"))
    recorded = quiet.ask("erp", "POST", "/api/cashbacks", told)
    assert recorded.status == 201, recorded.body
    figures = quiet.ask("analyst", "GET", "/api/figures?by=type").json
    today = datetime.now(ZoneInfo(figures["zone"])).date().isoformat()
    quiet.shown[f'"{today}"'] = '"2026-11-29"'
    assert figures["total"]["sales"] == 1, figures
    quiet.answer("FiguresAnswer", figures)
    quiet.answer("BalanceAnswer", quiet.ask("analyst", "GET", "/api/balances").json)
    changed = {"from": today, "to": today, "rates": {"A": 450}}
    repriced = quiet.ask("analyst", "POST", "/api/figures/reprice", changed)
    quiet.answer("RepricingAnswer", repriced.json)


def ask_of_closes(quiet: Asking) -> None:
    """A day on which nothing happened, and the keys of all closes."""
    day = keep_close(quiet.gateway.dsn, QUIET, SLUGS[QUIET])
    quiet.answer("ClosedDay", quiet.ask("analyst", "GET", "/api/closes").json["items"][0])
    quiet.answer("CloseDocument", quiet.ask("analyst", "GET", f"/api/closes/{day}").json)
    quiet.answer("CloseKeys", quiet.ask("erp", "GET", "/.well-known/close-keys.json").json)


def ask_of_differences(asking: Asking) -> None:
    """A line of a day file that differs from what is here."""
    one = a_difference()
    keep_difference(asking.gateway.dsn, one)
    page = asking.ask("operator", "GET", f"/api/differences?day={one.day}&limit=50").json
    [told] = [item for item in page["items"] if item["case"]["id"] == str(one.case.id)]
    asking.answer("DayDifference", told)
