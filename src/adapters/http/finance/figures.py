"""Figures, balances, and what sales would have cost: for whoever reads a merchant's records."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, post, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.finance.figures_query import (
    REPRICE,
    read_balance,
    read_figures,
    read_reprice,
)
from adapters.http.finance.figures_shapes import (
    balance_shape,
    figures_csv,
    figures_json,
    repricing_shape,
)
from adapters.http.resources.answers import read_document
from adapters.http.sales.exports import WITH_PAGES, ExportSlots, Form, read_form, while_asked
from adapters.http.wire.answers import POLICY, Answer, encode
from adapters.http.wire.headers import read_language
from cashback_core.figures.repricing import reprice

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones
    from cashback_core.figures.figures import FiguresQuestion, FiguresStore
    from cashback_core.figures.report import ReportPages
    from cashback_core.figures.repricing import StoredSales
    from cashback_core.words.locales import Language

MOST_AT_ONCE: Final = 2
"""Reports of one process at a time, as many as it has connections for them; one of a merchant."""
LONGEST_TRIAL_S: Final = 120.0
"""How long sales are repriced over HTTP; on the command line there is no limit."""

_VARY: Final = (b"vary", b"Accept")
_CSV: Final = (b"content-disposition", b'attachment; filename="figures.csv"')


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresRoutes:
    """Reports of the caller's own merchant alone."""

    admit: Admission
    figures: FiguresStore
    sales: StoredSales
    pages: ReportPages
    zones: MerchantZones
    slots: ExportSlots = field(default_factory=lambda: ExportSlots(most=MOST_AT_ONCE))
    trials: ExportSlots = field(default_factory=lambda: ExportSlots(most=1))
    """Of whoever reprices: minutes of work, beside which everybody's figures go on."""
    now: Callable[[], datetime] = utc_now

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        return [
            route("/api/figures", http_method=read, name="figures")(self.read),
            route("/api/balances", http_method=read, name="balances")(self.balance),
            post(REPRICE.route, name=REPRICE.id)(self.reprice),
        ]

    async def read(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Figures of a range of days."""
        fields, principal = await self.admit(request)
        merchant_id = principal.merchant_id
        zone = await self.zones(merchant_id)
        question = read_figures(request.scope["query_string"], zone, now=self.now())
        form = read_form(fields, WITH_PAGES)
        async with self.slots.one(merchant_id):
            if form is Form.PAGE:
                return await self._page(merchant_id, question, read_language(fields))
            found = await self.figures.figures(merchant_id, question)
            # Thousands of rows take a second to be told, in which sales go on.
            told = await asyncio.to_thread(figures_csv if form is Form.CSV else figures_json, found)
        if form is Form.CSV:
            return Answer(200, told, headers=[_VARY, _CSV], media_type=Form.CSV.content_type)
        return Answer(200, told, headers=[_VARY])

    async def _page(
        self, merchant_id: int, question: FiguresQuestion, language: Language
    ) -> Answer:
        """The same for people: one page, with what is owed now."""
        found, balance = await self.figures.report(merchant_id, (question,))
        page = await self.pages(merchant_id, found, balance, language)
        return Answer(
            200,
            page.encode(),
            headers=[(b"vary", b"Accept, Accept-Language")],
            media_type=Form.PAGE.content_type,
            policy=(POLICY, f"{self.pages.policy}; frame-ancestors 'none'".encode()),
        )

    async def balance(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """What is owed, paid and in doubt as of an instant."""
        _, principal = await self.admit(request)
        merchant_id = principal.merchant_id
        zone = await self.zones(merchant_id)
        at = read_balance(request.scope["query_string"], zone, now=self.now())
        async with self.slots.one(merchant_id):
            found = await self.figures.balance(merchant_id, at)
        return Answer(200, encode(balance_shape(found)))

    async def reprice(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """What stored sales would have cost under other rates."""
        fields, principal = await self.admit(request)
        merchant_id = principal.merchant_id
        asked = read_reprice(await read_document(request, fields))
        async with self.trials.one(merchant_id):
            work = reprice(
                self.sales,
                merchant_id,
                since=asked.since,
                through=asked.through,
                rates=asked.rates,
            )
            found = await while_asked(request.receive, work, deadline_s=LONGEST_TRIAL_S)
        return Answer(200, encode(repricing_shape(found)))
