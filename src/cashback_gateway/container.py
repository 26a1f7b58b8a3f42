"""What is made of what: the only place that knows every adapter, and dependency-injector."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from adapters.cashback_client.statements import StatementClient, StatementLimits
from adapters.http.administration.administered import Administered
from adapters.http.app import Conduct, UseCases, create_app
from adapters.http.identity.log_in_traces import LogInTraces
from adapters.http.identity.login import Login
from adapters.http.identity.passwords import Passwords
from adapters.http.identity.rate_limit import Rate
from adapters.http.identity.signing_key import load_signing_key, load_verifying_key
from adapters.http.identity.standing import Standings
from adapters.http.identity.tokens import Lifetimes, Tokens
from adapters.postgres.administration.audit_trail import PostgresTrail
from adapters.postgres.administration.kept_catalogue import PostgresProducts
from adapters.postgres.administration.kept_clients import PostgresClients
from adapters.postgres.administration.kept_customers import PostgresCustomers
from adapters.postgres.administration.kept_merchants import PostgresMerchants
from adapters.postgres.administration.kept_product_types import PostgresProductTypes
from adapters.postgres.administration.kept_stops import PostgresStops
from adapters.postgres.administration.kept_users import PostgresUsers
from adapters.postgres.administration.transactions import Administration
from adapters.postgres.database import ANSWERING_INCIDENTS, Database
from adapters.postgres.explaining import PostgresIncidentStore
from adapters.postgres.identity.identities import PostgresIdentities
from adapters.postgres.operating import PostgresOperatorStore
from adapters.postgres.privacy import PostgresPrivacyStore
from adapters.postgres.reconciliation import PostgresReconciliationStore
from adapters.postgres.sender import PostgresSender
from adapters.postgres.sessions import Role as DatabaseRole
from adapters.postgres.store import PostgresCashbackStore
from adapters.postgres.waking import DueListener
from adapters.telemetry.table import Role
from cashback_core.breaker import Breaker, BreakerPolicy
from cashback_core.delivering import Deliverer, DeliveriesUnderWay
from cashback_core.delivery import DeliveryPolicy
from cashback_core.identity import new_id
from cashback_core.reconciliation import Margin, Rules
from cashback_core.submission import QuoteSale, SubmitSale
from cashback_gateway.database_guard import DatabaseGuard
from cashback_gateway.provider_way import provider_way
from cashback_gateway.reconciler import Days, Reconciler
from cashback_gateway.settings import Settings
from cashback_gateway.telemetry import Parts, Telemetry
from cashback_gateway.worker import LOOKED_S, MAX_DROPPED, Chores, Schedule, Worker

if TYPE_CHECKING:
    from litestar import Litestar

    from adapters.cashback_client.way import Way
    from adapters.http.serving.request_watch import RequestWatch
    from cashback_core.log_ins import OnLogIn


def now() -> datetime:
    """The instant, aware, in UTC."""
    return datetime.now(UTC)


def _policy(settings: Settings) -> DeliveryPolicy:
    times = settings.delivery
    return DeliveryPolicy(
        deadline_s=times.deadline_s,
        lease_s=times.lease_s,
        backoff_base_s=times.backoff.base_s,
        backoff_max_s=times.backoff.max_s,
        give_up_s=times.give_up_s,
    )


def _database(settings: Settings) -> Database:
    chosen = settings.database
    return Database(chosen.url, reading=chosen.connections, seal=chosen.seal)


def _guard(settings: Settings, database: Database) -> DatabaseGuard:
    sender = PostgresSender(database, role=DatabaseRole.SERVING)
    return DatabaseGuard(
        sender=sender, file=settings.database.state_file, position=lambda: database.position
    )


def _breaker(settings: Settings) -> Breaker:
    breaker = settings.delivery.breaker
    return Breaker(
        BreakerPolicy(
            failures=breaker.failures,
            unknowns=breaker.unknowns,
            pause_s=breaker.pause_s,
            pause_max_s=breaker.pause_max_s,
        )
    )


def _way(settings: Settings) -> Way:
    return provider_way(settings.provider.way)


def _statements(settings: Settings, way: Way) -> StatementClient:
    provider = settings.provider
    limits = StatementLimits(
        lines=settings.reconciling.statement_lines,
        deadline_s=settings.reconciling.statement_deadline_s,
    )
    return StatementClient(
        provider.url, authorization=provider.authorization, limits=limits, way=way
    )


def _rules(settings: Settings, policy: DeliveryPolicy) -> Rules:
    margin, times = settings.delivery.margin, settings.reconciling
    return Rules(
        policy=policy,
        margin=Margin(
            freeze_s=margin.freeze_s,
            provider_delay_s=margin.provider_delay_s,
            clock_skew_s=margin.clock_skew_s,
        ),
        echoes_reference=settings.provider.echoes_reference,
        precedes=times.precedes,
        max_rounds=times.max_rounds,
        max_rounds_time=timedelta(seconds=times.max_rounds_s),
    )


def _reconciler(
    settings: Settings,
    store: PostgresReconciliationStore,
    rules: Rules,
    statements: StatementClient,
) -> Reconciler:
    times = settings.reconciling
    return Reconciler(
        store=store,
        statements=statements,
        rules=rules,
        days=Days(
            open_s=times.open_s,
            recent_s=times.recent_s,
            recent=timedelta(days=times.recent_days),
            furthest=timedelta(seconds=times.furthest_s),
        ),
        now=now,
        chance=random.SystemRandom().random,
    )


def _provider(settings: Settings, way: Way) -> ProviderClient:
    provider = settings.provider
    return ProviderClient(
        provider.url,
        authorization=provider.authorization,
        limits=Limits(
            deadline_s=settings.delivery.deadline_s,
            connections=provider.connections,
            idle_s=provider.idle_s,
        ),
        way=way,
    )


def _chores(
    settings: Settings,
    listener: DueListener,
    reconciler: Reconciler,
    guard: DatabaseGuard,
    privacy: PostgresPrivacyStore,
) -> Chores:
    return Chores(
        listen=listener.listen,
        settle=reconciler,
        guard=guard.check,
        retain=partial(privacy.retain, settings.retention, limit=MAX_DROPPED),
    )


def _worker(
    settings: Settings, store: PostgresCashbackStore, under_way: DeliveriesUnderWay, chores: Chores
) -> Worker:
    times, periods = settings.delivery, settings.reconciling
    return Worker(
        store=store,
        under_way=under_way,
        capacity=settings.provider.connections,
        schedule=Schedule(
            poll_s=times.worker_poll_s,
            reaper_s=times.reaper_s,
            # How often it is looked whether a run is due: other workers may have made it.
            settler_s=min(LOOKED_S, periods.open_s, periods.recent_s),
        ),
        chores=chores,
        new_id=new_id,
    )


def _incidents(database: Database) -> PostgresIncidentStore:
    return PostgresIncidentStore(database, of_all=ANSWERING_INCIDENTS)


def _operators(settings: Settings, database: Database) -> PostgresOperatorStore:
    return PostgresOperatorStore(database, precedes=settings.reconciling.precedes)


def _tokens(settings: Settings) -> Tokens:
    tokens = settings.tokens
    lifetimes = Lifetimes(access_s=tokens.access_s, refresh_s=tokens.refresh_s)
    return Tokens(
        load_signing_key(tokens.signing_key_file),
        further=[load_verifying_key(path) for path in tokens.verifying_key_files],
        lifetimes=lifetimes,
    )


def _traces(tokens: Tokens, on_log_in: OnLogIn | None) -> LogInTraces:
    return LogInTraces(key=tokens.derived_key(b"log of log-ins"), on_log_in=on_log_in)


def _app(settings: Settings, use_cases: UseCases) -> Litestar:
    api = settings.api
    conduct = Conduct(
        wait_s=api.wait_s,
        rate=Rate(per_s=api.rate_per_s, burst=api.rate_burst),
        trusted_hops=api.trusted_hops,
    )
    return create_app(use_cases, conduct=conduct)


class Container(containers.DeclarativeContainer):
    """Everything a process is made of, each made once, none of it open yet."""

    settings = providers.Dependency(instance_of=Settings)
    role = providers.Dependency(instance_of=Role)
    telemetry = providers.Singleton(Telemetry, settings, role)
    policy = providers.Singleton(_policy, settings)
    database = providers.Singleton(_database, settings)
    guard = providers.Singleton(_guard, settings, database)
    store = providers.Singleton(
        PostgresCashbackStore, database, policy, observer=telemetry.provided.commits
    )
    way = providers.Singleton(_way, settings)
    provider = providers.Singleton(_provider, settings, way)
    deliverer = providers.Singleton(
        Deliverer,
        store=store,
        provider=provider,
        policy=policy,
        chance=providers.Object(random.SystemRandom().random),
        breaker=providers.Singleton(_breaker, settings),
        observer=telemetry.provided.deliveries,
    )
    under_way = providers.Singleton(DeliveriesUnderWay, deliverer)
    submit = providers.Singleton(
        SubmitSale,
        store=store,
        under_way=under_way,
        now=providers.Object(now),
        new_id=providers.Object(new_id),
        on_equal=telemetry.provided.equal_sales,
        on_wrong_name=telemetry.provided.wrong_names,
    )
    quote = providers.Singleton(QuoteSale, store=store, now=providers.Object(now))
    statements = providers.Singleton(_statements, settings, way)
    rules = providers.Singleton(_rules, settings, policy)
    reconciler = providers.Singleton(
        _reconciler,
        settings,
        store=providers.Singleton(PostgresReconciliationStore, database, rules),
        rules=rules,
        statements=statements,
    )
    privacy = providers.Singleton(PostgresPrivacyStore, database)
    listener = providers.Singleton(DueListener, database)
    chores = providers.Singleton(_chores, settings, listener, reconciler, guard, privacy)
    worker = providers.Singleton(_worker, settings, store, under_way, chores)
    tokens = providers.Singleton(_tokens, settings)
    identities = providers.Singleton(PostgresIdentities, database)
    passwords = providers.Singleton(Passwords)
    login = providers.Singleton(
        Login,
        identities=identities,
        standings=providers.Singleton(Standings, identities),
        passwords=passwords,
        tokens=tokens,
        traces=providers.Singleton(_traces, tokens, telemetry.provided.log_ins),
    )
    operators = providers.Singleton(_operators, settings, database)
    incidents = providers.Singleton(_incidents, database)
    administration = providers.Singleton(Administration, database)
    administered = providers.Singleton(
        Administered,
        merchants=providers.Singleton(PostgresMerchants, administration),
        users=providers.Singleton(PostgresUsers, administration),
        clients=providers.Singleton(PostgresClients, administration),
        trail=providers.Singleton(PostgresTrail, administration),
        product_types=providers.Singleton(PostgresProductTypes, administration),
        products=providers.Singleton(PostgresProducts, administration),
        customers=providers.Singleton(PostgresCustomers, administration),
        stops=providers.Singleton(PostgresStops, administration),
    )
    use_cases = providers.Singleton(
        UseCases,
        submit_sale=submit,
        quote_sale=quote,
        store=store,
        operators=operators,
        incidents=incidents,
        privacy=privacy,
        administered=administered,
        ping=store.provided.ping,
        login=login,
    )
    app = providers.Singleton(_app, settings, use_cases)


def build_container(settings: Settings, role: Role) -> Container:
    """A container for one process's settings."""
    return Container(settings=providers.Object(settings), role=providers.Object(role))


async def open_all(container: Container) -> None:
    """Connect what has to be connected before the first request."""
    guard = container.guard()
    await guard.check()
    # Whoever answers may be another server than a moment ago.
    await container.database().open(before_use=guard.check)


def open_telemetry(
    container: Container, requests: RequestWatch | None = None, most_requests: int = 0
) -> None:
    """Begin to serve what is measured, from the loop that runs. Raises OSError."""
    parts = Parts(
        database=container.database(),
        store=container.store(),
        provider=container.provider(),
        under_way=container.under_way(),
        requests=requests,
        most_requests=most_requests,
    )
    container.telemetry().open(parts)


async def close_all(container: Container) -> None:
    """Hang up everywhere; deliveries under way must have been drained before."""
    await asyncio.to_thread(container.telemetry().close)  # the last spans are sent over a network
    await container.provider().aclose()
    await container.statements().aclose()
    await container.database().close()
