"""What is made of what in every process.

With `api_container` and `worker_container` the only place that knows all; each of those imports
what the other has no use for.
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.connection.database import Database
from adapters.postgres.connection.sessions import DatabaseRole
from adapters.postgres.delivery.changes import PostgresChanges
from adapters.postgres.delivery.feed_renewal import FeedRenewal
from adapters.postgres.delivery.sender import PostgresSender
from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
from adapters.telemetry.metrics import ProcessRole
from cashback_core.delivery.breaker import Breaker, BreakerPolicy
from cashback_core.delivery.deliverer import Deliverer, DeliveriesUnderWay
from cashback_core.delivery.states import DeliveryPolicy
from cashback_gateway.processes.database_guard import DatabaseGuard
from cashback_gateway.processes.measured_parts import MeasuredParts
from cashback_gateway.processes.provider_way import provider_way
from cashback_gateway.processes.telemetry import Telemetry
from cashback_gateway.settings.table import Settings

if TYPE_CHECKING:
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
    privacy = providers.Singleton(PostgresPrivacyStore, database)
    changes = providers.Singleton(PostgresChanges, database)


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
    await container.database().close()
