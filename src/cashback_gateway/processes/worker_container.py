"""What a worker is made of beyond every process; an API loads nothing of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from dependency_injector import providers

from adapters.cashback_client.statements import StatementClient, StatementLimits
from adapters.postgres.delivery.due_listener import DueListener
from adapters.postgres.files.store import OF_THE_COMMAND_LINE, PostgresFileStore
from adapters.postgres.reconciliation.past import PostgresReconciliationPast
from adapters.postgres.reconciliation.store import PostgresReconciliationStore
from adapters.postgres.webhooks.outbox import PostgresWebhookOutbox
from adapters.telemetry.metrics import ProcessRole
from adapters.webhook_client.receiver import WebhookReceiver
from adapters.webhook_client.signatures import Signatures
from cashback_core.delivery.worker import LOOKED_S, MAX_DROPPED, Chores, Schedule, Worker
from cashback_core.privacy.data_subjects import Retention
from cashback_core.reconciliation import Margin, Rules
from cashback_core.reconciliation.reconciler import Days, Reconciler
from cashback_core.values.ids import new_id
from cashback_core.webhooks.policy import ReceiverAnswer, SendingPolicy
from cashback_core.webhooks.sending import WebhookSender
from cashback_gateway.processes.closer import closer
from cashback_gateway.processes.container import Container, close_all, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.cashback_client.way import Way
    from adapters.postgres.cashbacks.store import PostgresCashbackStore
    from adapters.postgres.connection.database import Database
    from adapters.postgres.delivery.changes import PostgresChanges
    from adapters.postgres.privacy.data_subjects import PostgresPrivacyStore
    from cashback_core.delivery.deliverer import DeliveriesUnderWay
    from cashback_core.delivery.states import DeliveryPolicy
    from cashback_core.reconciliation.statements import Statements
    from cashback_gateway.processes.closer import Closer
    from cashback_gateway.processes.database_guard import DatabaseGuard
    from cashback_gateway.settings.table import Settings


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
    statements: Statements,
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


def _files(settings: Settings, database: Database) -> PostgresFileStore:
    skew = timedelta(seconds=settings.margin.clock_skew_s)
    return PostgresFileStore(database, skew=skew, purposes=OF_THE_COMMAND_LINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keeping:
    """What is kept no longer than is said: personal data, lines of files, what was found."""

    privacy: PostgresPrivacyStore
    retention: Retention
    files: PostgresFileStore
    past: PostgresReconciliationPast
    lines_for: timedelta
    found_for: timedelta

    async def __call__(self) -> int:
        """Drop some of it; how much."""
        dropped = await self.privacy.retain(self.retention, limit=MAX_DROPPED)
        dropped = dropped or await self.files.clear(older_than=self.lines_for, limit=MAX_DROPPED)
        return dropped or await self.past.clear(older_than=self.found_for, limit=MAX_DROPPED)


def _keeping(
    settings: Settings,
    privacy: PostgresPrivacyStore,
    files: PostgresFileStore,
    past: PostgresReconciliationPast,
) -> _Keeping:
    keep = settings.retention
    return _Keeping(
        privacy=privacy,
        retention=Retention(raw_days=keep.raw_days, customer_days=keep.customer_days),
        files=files,
        past=past,
        lines_for=timedelta(days=settings.files.keep_days),
        found_for=timedelta(days=settings.files.keep_found_days),
    )


def _chores(
    listener: DueListener,
    reconciler: Reconciler,
    guard: DatabaseGuard,
    keeping: _Keeping,
    *,
    webhooks: WebhookSender,
    close: Closer,
) -> Chores:
    return Chores(
        listen=listener.listen,
        settle=reconciler,
        guard=guard.check,
        retain=keeping,
        tell=webhooks.run,
        close=close,
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


class WorkerContainer(Container):
    """Everything that a worker is made of, each made once, none of it open yet."""

    statements = providers.Singleton(_statements, Container.settings, Container.way)
    rules = providers.Singleton(_rules, Container.settings, Container.policy)
    reconciler = providers.Singleton(
        _reconciler,
        Container.settings,
        store=providers.Singleton(PostgresReconciliationStore, Container.database, rules),
        rules=rules,
        statements=statements,
    )
    files = providers.Singleton(_files, Container.settings, Container.database)
    past = providers.Singleton(PostgresReconciliationPast, Container.database)
    keeping = providers.Singleton(_keeping, Container.settings, Container.privacy, files, past)
    listener = providers.Singleton(DueListener, Container.database)
    receiver = providers.Singleton(_receiver, Container.settings)
    webhooks = providers.Singleton(
        _webhooks,
        Container.database,
        Container.changes,
        receiver,
        Container.telemetry.provided.webhooks,
    )
    close = providers.Singleton(
        closer, Container.settings, Container.database, Container.telemetry.provided.closes
    )
    chores = providers.Singleton(
        _chores,
        listener,
        reconciler,
        Container.guard,
        keeping,
        webhooks=webhooks,
        close=close,
    )
    worker = providers.Singleton(
        _worker,
        Container.settings,
        Container.store,
        Container.under_way,
        chores,
        on_void=Container.telemetry.provided.voided,
    )


def build_worker(settings: Settings) -> WorkerContainer:
    """A container for the settings of one worker."""
    return WorkerContainer(
        settings=providers.Object(settings), role=providers.Object(ProcessRole.WORKER)
    )


async def close_worker(container: WorkerContainer) -> None:
    """Hang up everywhere; deliveries under way must have been drained before."""
    await container.receiver().aclose()
    await container.statements().aclose()
    await close_all(container)
