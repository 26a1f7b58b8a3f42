"""The HTTP application, made of ready use cases; it knows no container and no database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from litestar import Litestar

from adapters.http.access import ACCESS
from adapters.http.finance.cases import CaseRoutes
from adapters.http.finance.closes import CloseRoutes
from adapters.http.finance.figures import FiguresRoutes
from adapters.http.finance.files import FileRoutes
from adapters.http.finance.provider_ledger import ProviderLedgerRoutes
from adapters.http.finance.reconciliations import ReconciliationRoutes
from adapters.http.finance.resolve_many import ResolveManyRoute
from adapters.http.health import HealthRoutes, Ping
from adapters.http.identity.admission import Admission
from adapters.http.identity.sign_out_routes import SignOutRoutes
from adapters.http.identity.token_routes import TokenRoutes
from adapters.http.openapi.document import ServedDocument
from adapters.http.openapi.page import DocsRoutes
from adapters.http.problem_table import handle_exception, problem_of, refusal_of
from adapters.http.problems.pages import ProblemPages
from adapters.http.resources.merchant_zones import MerchantZones
from adapters.http.sales.batches import BatchRoutes
from adapters.http.sales.cashbacks import PATHS, CashbackRoutes
from adapters.http.sales.changes import ChangeRoutes
from adapters.http.sales.hot_route import HotRoute
from adapters.http.sales.incident_routes import IncidentRoutes
from adapters.http.sales.operator_routes import OperatorRoutes
from adapters.http.sales.privacy_routes import PrivacyRoutes
from adapters.http.sales.search_routes import SearchRoutes
from adapters.http.serving.options import with_options
from cashback_core import __version__
from cashback_core.intake.batch import SubmitBatch
from cashback_core.people.rate_limit import NO_LIMIT, RateLimit, RequestRate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.http.administration.stores import AdministrationStores
    from cashback_core.changes.changes import ChangeFeed
    from cashback_core.changes.waiting import ChangeWaiting
    from cashback_core.closing.store import CloseStore
    from cashback_core.figures.figures import FiguresStore
    from cashback_core.figures.report import ReportPages
    from cashback_core.figures.repricing import StoredSales
    from cashback_core.intake.confirmation import ConfirmSale
    from cashback_core.intake.store import CashbackStore
    from cashback_core.intake.submission import QuoteSale, SubmitSale
    from cashback_core.operators.case_store import CaseStore
    from cashback_core.operators.operator_store import OperatorStore
    from cashback_core.people.log_in import LogIn
    from cashback_core.privacy.data_subjects import PrivacyStore
    from cashback_core.reconciliation.days_compared import ThreeSides
    from cashback_core.reconciliation.file_import import FileDesk
    from cashback_core.reconciliation.incidents import IncidentStore
    from cashback_core.reconciliation.ledger import ProviderLedger

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """What the routes call.

    `store` is for plain reads, `changes` for the feed, `changes_waiting` for whoever waits for it
    to go on, `operators` for what waits for somebody, `incidents` for what a statement tells and
    nothing explains, `cases` for both as somebody's work, `files` where files of others are handed
    in, `three_sides` for a day's comparison, `ledger` for what the provider credited, `closes` for
    closed days, `figures`, `stored_sales` and `report_pages` for reports; `ping` asks if the
    database is there.
    """

    submit_sale: SubmitSale
    confirm_sale: ConfirmSale
    quote_sale: QuoteSale
    store: CashbackStore
    changes: ChangeFeed
    changes_waiting: ChangeWaiting
    operators: OperatorStore
    incidents: IncidentStore
    cases: CaseStore
    ledger: ProviderLedger
    closes: CloseStore
    files: FileDesk
    three_sides: ThreeSides
    privacy: PrivacyStore
    figures: FiguresStore
    stored_sales: StoredSales
    report_pages: ReportPages
    administered: AdministrationStores
    ping: Ping
    login: LogIn


@dataclass(frozen=True, slots=True, kw_only=True)
class AppOptions:
    """How the application behaves.

    `wait_s` is how long a submission without `Prefer` waits for the provider, `rate` how much a
    caller may ask for, `trusted_hops` how many proxies of ours stand in front.
    """

    wait_s: float = 10.0
    rate: RequestRate = NO_LIMIT
    trusted_hops: int = 0


DEFAULT_OPTIONS: Final = AppOptions()


def create_app(
    use_cases: UseCases,
    *,
    options: AppOptions = DEFAULT_OPTIONS,
    lifespan: Sequence[Lifespan] = (),
) -> HotRoute:
    """The application; `lifespan` opens and closes what the use cases stand on."""
    login = use_cases.login
    limit = RateLimit(login.identities, options.rate)
    admit = Admission(login.tokens, login.standings, limit, ACCESS)
    zones = MerchantZones(use_cases.store)
    cashbacks = CashbackRoutes(
        admit=admit,
        submit_sale=use_cases.submit_sale,
        confirm_sale=use_cases.confirm_sale,
        quote_sale=use_cases.quote_sale,
        records=use_cases.store,
        wait_s=options.wait_s,
    )
    batches = BatchRoutes(
        admit=admit,
        submit_batch=SubmitBatch(submit_sale=use_cases.submit_sale),
        problem_of=problem_of,
    )
    searching = SearchRoutes(
        admit=admit, records=use_cases.store, zones=zones, now=use_cases.submit_sale.now
    )
    figures = FiguresRoutes(
        admit=admit,
        figures=use_cases.figures,
        sales=use_cases.stored_sales,
        pages=use_cases.report_pages,
        zones=zones,
        now=use_cases.submit_sale.now,
    )
    operating = OperatorRoutes(
        admit=admit,
        records=use_cases.store,
        operators=use_cases.operators,
        zones=zones,
    )
    changes = ChangeRoutes(admit=admit, feed=use_cases.changes, waiting=use_cases.changes_waiting)
    breaker = use_cases.submit_sale.under_way.deliverer.breaker
    document = ServedDocument(version=__version__, now=use_cases.submit_sale.now)
    router = Litestar(
        with_options(
            [
                *cashbacks.handlers(),
                *changes.handlers(),
                *batches.handlers(),
                *searching.handlers(),
                *operating.handlers(),
                *figures.handlers(),
                *IncidentRoutes(admit=admit, incidents=use_cases.incidents).handlers(),
                *CaseRoutes(admit=admit, cases=use_cases.cases, zones=zones).handlers(),
                *ResolveManyRoute(admit=admit, operators=use_cases.operators).handlers(),
                *ProviderLedgerRoutes(admit=admit, ledger=use_cases.ledger).handlers(),
                *CloseRoutes(admit=admit, closes=use_cases.closes).handlers(),
                *FileRoutes(admit=admit, desk=use_cases.files, zones=zones).handlers(),
                *ReconciliationRoutes(admit=admit, store=use_cases.three_sides).handlers(),
                *PrivacyRoutes(admit=admit, store=use_cases.privacy).handlers(),
                *use_cases.administered.handlers(admit, login, zones, options.trusted_hops),
                *TokenRoutes(login, options.trusted_hops).handlers(),
                *SignOutRoutes(admit=admit, identities=login.identities).handlers(),
                *HealthRoutes(use_cases.ping, breaker).handlers(),
                *DocsRoutes(document).handlers(),
                *ProblemPages().handlers(),
            ]
        ),
        exception_handlers={Exception: handle_exception},
        lifespan=list(lifespan),
        openapi_config=None,  # openapi/ writes the document: handlers take bare requests
        logging_config=None,  # problem_table.py logs what is ours, the access log the rest
        request_max_body_size=None,  # body.py counts, and stops before it keeps too much
    )
    return HotRoute(router, PATHS, take=cashbacks.take, refuse=refusal_of)
