"""What is made of what: the only place that knows every adapter, and dependency-injector."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from adapters.cashback_client.client import ProviderClient
from adapters.cashback_client.pool import Limits
from adapters.http.app import UseCases, create_app
from adapters.http.login import Login
from adapters.http.passwords import Passwords
from adapters.http.signing_key import load_signing_key
from adapters.http.tokens import Lifetimes, Tokens
from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.store import PostgresCashbackStore
from cashback_core.delivering import Deliverer, DeliveriesUnderWay
from cashback_core.delivery import DeliveryPolicy
from cashback_core.identity import new_id
from cashback_core.submission import QuoteSale, SubmitSale
from cashback_gateway.settings import Settings
from cashback_gateway.worker import Worker

if TYPE_CHECKING:
    from litestar import Litestar


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


def _store(settings: Settings, policy: DeliveryPolicy) -> PostgresCashbackStore:
    database = settings.database
    return PostgresCashbackStore(database.url, policy, pool_size=database.connections)


def _provider(settings: Settings) -> ProviderClient:
    provider = settings.provider
    return ProviderClient(
        provider.url,
        authorization=provider.authorization,
        limits=Limits(
            deadline_s=settings.delivery.deadline_s,
            connections=provider.connections,
            idle_s=provider.idle_s,
        ),
    )


def _worker(
    settings: Settings, store: PostgresCashbackStore, under_way: DeliveriesUnderWay
) -> Worker:
    return Worker(
        store=store,
        under_way=under_way,
        capacity=settings.provider.connections,
        poll_s=settings.delivery.worker_poll_s,
        reaper_s=settings.delivery.reaper_s,
    )


def _accounts(settings: Settings) -> PostgresAccounts:
    return PostgresAccounts(settings.database.url)


def _tokens(settings: Settings) -> Tokens:
    tokens = settings.tokens
    lifetimes = Lifetimes(access_s=tokens.access_s, refresh_s=tokens.refresh_s)
    return Tokens(load_signing_key(tokens.signing_key_file), lifetimes=lifetimes)


def _app(settings: Settings, use_cases: UseCases) -> Litestar:
    return create_app(use_cases, wait_s=settings.api.wait_s)


class Container(containers.DeclarativeContainer):
    """Everything a process is made of, each made once, none of it open yet."""

    settings = providers.Dependency(instance_of=Settings)
    policy = providers.Singleton(_policy, settings)
    store = providers.Singleton(_store, settings, policy)
    provider = providers.Singleton(_provider, settings)
    deliverer = providers.Singleton(
        Deliverer,
        store=store,
        provider=provider,
        policy=policy,
        chance=providers.Object(random.SystemRandom().random),
    )
    under_way = providers.Singleton(DeliveriesUnderWay, deliverer)
    submit = providers.Singleton(
        SubmitSale,
        store=store,
        under_way=under_way,
        now=providers.Object(now),
        new_id=providers.Object(new_id),
    )
    quote = providers.Singleton(QuoteSale, store=store, now=providers.Object(now))
    worker = providers.Singleton(_worker, settings, store, under_way)
    tokens = providers.Singleton(_tokens, settings)
    accounts = providers.Singleton(_accounts, settings)
    passwords = providers.Singleton(Passwords)
    login = providers.Singleton(Login, accounts=accounts, passwords=passwords, tokens=tokens)
    use_cases = providers.Singleton(
        UseCases,
        submit_sale=submit,
        quote_sale=quote,
        store=store,
        ping=store.provided.ping,
        login=login,
    )
    app = providers.Singleton(_app, settings, use_cases)


def build_container(settings: Settings) -> Container:
    """A container for one process's settings."""
    return Container(settings=providers.Object(settings))


async def open_all(container: Container) -> None:
    """Connect what has to be connected before the first request."""
    await container.store().open()


async def close_all(container: Container) -> None:
    """Hang up everywhere; deliveries under way must have been drained before."""
    await container.provider().aclose()
    await container.store().close()
