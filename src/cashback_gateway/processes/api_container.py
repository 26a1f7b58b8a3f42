"""What the API is made of beyond every process; a worker loads nothing of HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dependency_injector import providers

from adapters.credentials.password_hashes import Argon2Hashes
from adapters.credentials.signing_key import load_signing_key, load_verifying_key
from adapters.credentials.tokens import JwtTokens
from adapters.files.apart import FilesApart
from adapters.http.app import AppOptions, UseCases, create_app
from adapters.postgres.closing.store import PostgresCloseStore
from adapters.postgres.connection.database import ANSWERING_INCIDENTS, Database
from adapters.postgres.figures.heads import PostgresReportHeads
from adapters.postgres.figures.store import PostgresFigures
from adapters.postgres.figures.stored_sales import PostgresStoredSales
from adapters.postgres.files.store import FilePurposes, PostgresFileStore
from adapters.postgres.identity.identities import PostgresIdentities
from adapters.postgres.operators.acts import PostgresOperatorStore
from adapters.postgres.operators.cases import PostgresCaseStore
from adapters.postgres.operators.incidents import PostgresIncidentStore
from adapters.postgres.operators.provider_ledger import PostgresProviderLedger
from adapters.postgres.reconciliation.three_sides import PostgresThreeSides
from adapters.postgres.sales.refused_clocks import PostgresRefusedClocks
from adapters.report_page import POLICY, render
from adapters.telemetry.metrics import ProcessRole
from cashback_core.changes.waiting import ChangeWaiting
from cashback_core.figures.report import ReportPages
from cashback_core.intake.confirmation import ConfirmSale
from cashback_core.intake.refused_clocks import RefusedClocks
from cashback_core.intake.submission import QuoteSale, SubmitSale
from cashback_core.people.log_in import LogIn
from cashback_core.people.log_in_traces import LogInTraces
from cashback_core.people.passwords import Passwords
from cashback_core.people.rate_limit import RequestRate
from cashback_core.people.standings import Standings
from cashback_core.people.tokens import Lifetimes
from cashback_core.reconciliation.file_import import FileDesk
from cashback_core.values.ids import new_id
from cashback_gateway.processes.administered import administered
from cashback_gateway.processes.container import Container, now

if TYPE_CHECKING:
    from adapters.http.sales.hot_route import HotRoute
    from cashback_core.people.log_in_outcomes import OnLogIn
    from cashback_gateway.settings.table import Settings


def _ledger(database: Database) -> PostgresProviderLedger:
    return PostgresProviderLedger(database, of_all=ANSWERING_INCIDENTS)


def _incidents(database: Database) -> PostgresIncidentStore:
    return PostgresIncidentStore(database, of_all=ANSWERING_INCIDENTS)


def _cases(database: Database) -> PostgresCaseStore:
    return PostgresCaseStore(database, of_all=ANSWERING_INCIDENTS)


def _closes(database: Database) -> PostgresCloseStore:
    return PostgresCloseStore(database, of_all=ANSWERING_INCIDENTS)


def _files(settings: Settings, database: Database) -> FileDesk:
    skew = timedelta(seconds=settings.margin.clock_skew_s)
    purposes = FilePurposes(of_account=ANSWERING_INCIDENTS)
    return FileDesk(
        reader=FilesApart(),
        store=PostgresFileStore(database, skew=skew, purposes=purposes),
        max_lines=settings.files.upload_lines,
        max_bytes=settings.files.upload_bytes,
        max_days=settings.files.window_days,
    )


def _three_sides(settings: Settings, database: Database) -> PostgresThreeSides:
    skew = timedelta(seconds=settings.margin.clock_skew_s)
    return PostgresThreeSides(database, skew=skew)


def _operators(settings: Settings, database: Database) -> PostgresOperatorStore:
    return PostgresOperatorStore(database, precedes=settings.reconciliation.precedes)


def _report_pages(database: Database) -> ReportPages:
    return ReportPages(heads=PostgresReportHeads(database), draw=render, policy=POLICY)


def _tokens(settings: Settings) -> JwtTokens:
    tokens = settings.tokens
    lifetimes = Lifetimes(access_s=tokens.access_s, refresh_s=tokens.refresh_s)
    return JwtTokens(
        load_signing_key(tokens.signing_key_file),
        further=[load_verifying_key(path) for path in tokens.verifying_key_files],
        lifetimes=lifetimes,
    )


def _traces(tokens: JwtTokens, on_log_in: OnLogIn | None) -> LogInTraces:
    return LogInTraces(key=tokens.derived_key(b"log of log-ins"), on_log_in=on_log_in)


def _app(settings: Settings, use_cases: UseCases) -> HotRoute:
    api = settings.api
    options = AppOptions(
        wait_s=api.wait_s,
        rate=RequestRate(per_s=api.rate_per_s, burst=api.rate_burst),
        trusted_hops=api.trusted_hops,
    )
    return create_app(use_cases, options=options)


class ApiContainer(Container):
    """Everything that the API is made of, each made once, none of it open yet."""

    clocks = providers.Singleton(RefusedClocks)
    clock_store = providers.Singleton(PostgresRefusedClocks, Container.database)
    submit = providers.Singleton(
        SubmitSale,
        store=Container.store,
        under_way=Container.under_way,
        now=providers.Object(now),
        new_id=providers.Object(new_id),
        on_equal=Container.telemetry.provided.equal_sales,
        on_wrong_name=Container.telemetry.provided.wrong_names,
        clocks=clocks,
    )
    confirm = providers.Singleton(ConfirmSale, store=Container.store)
    quote = providers.Singleton(QuoteSale, store=Container.store, now=providers.Object(now))
    tokens = providers.Singleton(_tokens, Container.settings)
    identities = providers.Singleton(PostgresIdentities, Container.database)
    passwords = providers.Singleton(Passwords, providers.Object(Argon2Hashes()))
    login = providers.Singleton(
        LogIn,
        identities=identities,
        standings=providers.Singleton(Standings, identities),
        passwords=passwords,
        tokens=tokens,
        traces=providers.Singleton(_traces, tokens, Container.telemetry.provided.log_ins),
    )
    operators = providers.Singleton(_operators, Container.settings, Container.database)
    incidents = providers.Singleton(_incidents, Container.database)
    cases = providers.Singleton(_cases, Container.database)
    ledger = providers.Singleton(_ledger, Container.database)
    closes = providers.Singleton(_closes, Container.database)
    files = providers.Singleton(_files, Container.settings, Container.database)
    three_sides = providers.Singleton(_three_sides, Container.settings, Container.database)
    changes_waiting = providers.Singleton(ChangeWaiting, Container.changes)
    administration = providers.Singleton(
        administered, Container.database, Container.settings.provided.webhooks.addresses
    )
    use_cases = providers.Singleton(
        UseCases,
        submit_sale=submit,
        confirm_sale=confirm,
        quote_sale=quote,
        store=Container.store,
        changes=Container.changes,
        changes_waiting=changes_waiting,
        operators=operators,
        incidents=incidents,
        cases=cases,
        ledger=ledger,
        closes=closes,
        files=files,
        three_sides=three_sides,
        privacy=Container.privacy,
        figures=providers.Singleton(PostgresFigures, Container.database),
        stored_sales=providers.Singleton(PostgresStoredSales, Container.database),
        report_pages=providers.Singleton(_report_pages, Container.database),
        administered=administration,
        ping=Container.store.provided.ping,
        login=login,
    )
    app = providers.Singleton(_app, Container.settings, use_cases)


def build_api(settings: Settings) -> ApiContainer:
    """A container for the settings of one API process."""
    return ApiContainer(settings=providers.Object(settings), role=providers.Object(ProcessRole.API))
