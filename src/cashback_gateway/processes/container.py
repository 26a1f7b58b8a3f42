"""What is made of what in every process: with `api_container` the only place that knows all."""

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
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.connection.sessions import DatabaseRole
from adapters.postgres.delivery.changes import PostgresChanges
from adapters.postgres.delivery.due_listener import DueListener
from adapters.postgres.delivery.feed_renewal import FeedRenewal
from adapters.postgres.delivery.sender import PostgresSender
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from adapters.postgres.reconciliation import PostgresReconciliationStore
from adapters.postgres.webhooks.outbox import PostgresWebhookOutbox
from adapters.telemetry.metrics import ProcessRole
from adapters.webhook_client.receiver import WebhookReceiver
from adapters.webhook_client.signatures import Signatures
from cashback_core.delivery.breaker import Breaker, BreakerPolicy
from cashback_core.delivery.deliverer import Deliverer, DeliveriesUnderWay
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.delivery.worker import LOOKED_S, MAX_DROPPED, Chores, Schedule, Worker
from cashback_core.privacy.data_subjects import Retention
from cashback_core.reconciliation import Margin, Rules
from cashback_core.reconciliation.reconciler import Days, Reconciler
from cashback_core.values.ids import new_id
from cashback_core.webhooks.policy import ReceiverAnswer, SendingPolicy
from cashback_core.webhooks.sending import WebhookSender
from cashback_gateway.processes.database_guard import DatabaseGuard
from cashback_gateway.processes.measured_parts import MeasuredParts
from cashback_gateway.processes.provider_way import provider_way
from cashback_gateway.processes.telemetry import Telemetry
from cashback_gateway.settings.table import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cashback_client.way import Way
    from adapters.http.serving.request_watch import RequestWatch


def now() -> datetime:
    """The instant, aware, in UTC."""
    return datetime.now(UTC)


def _policy(settings: Settings) -> DeliveryPolicy:
    times = settings.delivery
    return DeliveryPolicy(
        deadline_s=times.deadline_s,
        lease_s=times.lease_s,
        backoff_base_s=times.backoff_base_s,
        backoff_max_s=times.backoff_max_s,
        give_up_s=times.give_up_s,
    )


def _database(settings: Settings) -> Database:
    chosen = settings.database
    return Database(chosen.url, reading=chosen.connections, seal=chosen.seal)


def _guard(settings: Settings, database: Database) -> DatabaseGuard:
    sender = PostgresSender(database, role=DatabaseRole.SERVING)
    return DatabaseGuard(
        sender=sender,
        file=settings.database.state_file,
        feed=FeedRenewal(database),
        position=lambda: database.position,
    )


def _breaker(settings: Settings) -> Breaker:
    breaker = settings.breaker
    return Breaker(
        BreakerPolicy(
            failures=breaker.failures,
            unknowns=breaker.unknowns,
            pause_s=breaker.pause_s,
            pause_max_s=breaker.pause_max_s,
        )
    )


def _way(settings: Settings) -> Way:
    return provider_way(settings.way)


def _statements(settings: Settings, way: Way) -> StatementClient:
    provider = settings.provider
    limits = StatementLimits(
        lines=settings.reconciliation.statement_lines,
        deadline_s=settings.reconciliation.statement_deadline_s,
    )
    return StatementClient(
        provider.url, authorization=provider.authorization, limits=limits, way=way
    )


def _rules(settings: Settings, policy: DeliveryPolicy) -> Rules:
    margin, times = settings.margin, settings.reconciliation
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
    times = settings.reconciliation
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


def _receiver(settings: Settings) -> WebhookReceiver:
    return WebhookReceiver(settings.webhooks.addresses, deadline_s=SendingPolicy().deadline_s)


def _webhooks(
    database: Database,
    changes: PostgresChanges,
    receiver: WebhookReceiver,
    on_sent: Callable[[ReceiverAnswer], object],
) -> WebhookSender:
    return WebhookSender(
        outbox=PostgresWebhookOutbox(database),
        feed=changes,
        receiver=receiver,
        sign=Signatures(database.needed_seal.derived_key),
        now=now,
        chance=random.SystemRandom().random,
        on_sent=on_sent,
    )


def _chores(
    settings: Settings,
    listener: DueListener,
    reconciler: Reconciler,
    guard: DatabaseGuard,
    privacy: PostgresPrivacyStore,
    *,
    webhooks: WebhookSender,
) -> Chores:
    keep = settings.retention
    retention = Retention(raw_days=keep.raw_days, customer_days=keep.customer_days)
    return Chores(
        listen=listener.listen,
        settle=reconciler,
        guard=guard.check,
        retain=partial(privacy.retain, retention, limit=MAX_DROPPED),
        tell=webhooks.run,
    )


def _worker(
    settings: Settings,
    store: PostgresCashbackStore,
    under_way: DeliveriesUnderWay,
    chores: Chores,
    on_void: Callable[[int], object],
) -> Worker:
    times, periods = settings.delivery, settings.reconciliation
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
        on_void=on_void,
    )


class Container(containers.DeclarativeContainer):
    """What every process is made of, each made once, none of it open yet."""

    settings = providers.Dependency(instance_of=Settings)
    role = providers.Dependency(instance_of=ProcessRole)
    telemetry = providers.Singleton(Telemetry, settings, role)
    policy = providers.Singleton(_policy, settings)
    database = providers.Singleton(_database, settings)
    guard = providers.Singleton(_guard, settings, database)
    store = providers.Singleton(
        PostgresCashbackStore,
        database,
        policy,
        observer=telemetry.provided.commits,
        precedes=settings.provided.reconciliation.precedes,
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
    changes = providers.Singleton(PostgresChanges, database)
    receiver = providers.Singleton(_receiver, settings)
    webhooks = providers.Singleton(
        _webhooks, database, changes, receiver, telemetry.provided.webhooks
    )
    chores = providers.Singleton(
        _chores, settings, listener, reconciler, guard, privacy, webhooks=webhooks
    )
    worker = providers.Singleton(
        _worker, settings, store, under_way, chores, on_void=telemetry.provided.voided
    )


def build_worker(settings: Settings) -> Container:
    """A container for the settings of one worker."""
    return Container(settings=providers.Object(settings), role=providers.Object(ProcessRole.WORKER))


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
    parts = MeasuredParts(
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
